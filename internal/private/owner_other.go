//go:build !unix

package private

import "io/fs"

func madeForUs(fs.FileInfo) bool { return false }
