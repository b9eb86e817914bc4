//go:build !linux && !darwin

package app

func fitting(n int) int { return n }
