// Command store serves the MongoDB wire protocol from one folder of SQLite files, through FerretDB v1.
//
// It is peierls' embedded store of last resort, for machines where no mongod can be had.
// Usage: store -listen 127.0.0.1:27017 -dir /path/to/folder
// With -postgresql the documents live in that PostgreSQL database instead, which is faster for large collections.
package main

import (
	"context"
	"flag"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:27017", "host:port to serve")
	dir := flag.String("dir", "", "folder for the SQLite files")
	postgresql := flag.String("postgresql", "", "PostgreSQL URL, instead of -dir")
	flag.Parse()

	// At its default level FerretDB writes lines for every connection and every command a driver tries in vain.
	config := &ferretdb.Config{
		Listener: ferretdb.ListenerConfig{TCP: *listen},
		Logger:   slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	}
	var folder string
	switch {
	case *postgresql != "":
		config.Handler, config.PostgreSQLURL = "postgresql", *postgresql
	case *dir != "":
		absolute, err := filepath.Abs(*dir)
		if err != nil {
			log.Fatal(err)
		}
		if err := os.MkdirAll(absolute, 0o700); err != nil {
			log.Fatal(err)
		}
		if err := keyIndexes(absolute); err != nil {
			log.Fatal(err)
		}
		config.Handler, config.SQLiteURL, folder = "sqlite", "file:"+absolute+"/", absolute
	default:
		log.Fatal("store: -dir or -postgresql is required")
	}

	server, err := ferretdb.New(config)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if folder != "" {
		go watchCollections(ctx, folder)
	}
	if err := server.Run(ctx); err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}
