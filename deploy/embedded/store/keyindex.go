package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver that FerretDB itself uses
)

// FerretDB 1.24 looks a document up with `_ferretdb_sjson->'$._id' = ?`, but declares its index on `_ferretdb_sjson->"_id"`. To SQLite these are
// two expressions, so every read, update and delete of one document scans and parses the whole collection. keyIndexes declares the index that
// the lookups can use.
const (
	missingKeyIndexes = `SELECT t.name FROM sqlite_master t WHERE t.type = 'table' AND t.sql LIKE '%_ferretdb_sjson TEXT%'
		AND NOT EXISTS (SELECT 1 FROM sqlite_master i WHERE i.type = 'index' AND i.tbl_name = t.name AND i.name = t.name || '_key')`
	createKeyIndex = `CREATE INDEX IF NOT EXISTS %q ON %q (_ferretdb_sjson->'$._id')`
)

// keyIndexes gives every collection in the folder its index. Databases are opened for each pass: one may have been dropped since the last.
func keyIndexes(folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.sqlite"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := indexCollections(file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

func indexCollections(file string) error {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	rows, err := db.Query(missingKeyIndexes)
	if err != nil {
		return err
	}
	var tables []string
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			rows.Close()
			return err
		}
		tables = append(tables, table)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, table := range tables {
		if _, err := db.Exec(fmt.Sprintf(createKeyIndex, table+"_key", table)); err != nil {
			return err
		}
	}
	return nil
}

// watchCollections indexes collections soon after they are made, while they are small.
func watchCollections(ctx context.Context, folder string) {
	ticker := time.NewTicker(2 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			// A database that was just dropped, or is busy for long: the next pass is as good.
			if err := keyIndexes(folder); err != nil {
				log.Printf("store: indexes of keys: %v", err)
			}
		}
	}
}
