//go:build !race

package main

// memoryFactor is that of a build as people have it.
const memoryFactor = 1
