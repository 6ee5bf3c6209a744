//go:build race

package main

// memoryFactor is what the race detector takes beside the memory it watches.
const memoryFactor = 10
