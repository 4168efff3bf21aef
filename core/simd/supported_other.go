//go:build !amd64

package simd

func supported() bool { return false }

func fillVector(*Table) {}
