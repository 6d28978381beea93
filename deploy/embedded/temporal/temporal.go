//go:build tools

// Package temporal pins the Temporal CLI, whose `temporal server start-dev` is peierls' embedded server.
// It holds no code: `go build github.com/temporalio/cli/cmd/temporal` in this module builds the binary.
package temporal

import _ "github.com/temporalio/cli/cmd/temporal"
