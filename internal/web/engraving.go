package web

import (
	"crypto/sha256"
	"fmt"
	"math"
	"strconv"
	"sync"
)

// A card's engraving is a ring of nine sine curves: three wave counts, each
// turned twice. Which counts, how high the waves are and how far a turn goes
// come from the SHA-256 of the card's id, so a person knows the cards apart.
// Curves are few and shared: each is drawn once, on first use.

const (
	ringRadius = 78
	leastWaves = 7
	waveCounts = 8
	heights    = 4
)

// engraving is what the template needs to draw one.
type engraving struct {
	paths        [3]string
	turn, turned string
	face         int // one of the four colours of a card
}

var rings [waveCounts][heights]struct {
	once sync.Once
	path string
}

// engrave chooses the engraving of an id; without one it is the plain card's.
func engrave(id string) engraving {
	sum := sha256.Sum256([]byte(id))
	var e engraving
	first, step := int(sum[0])%waveCounts, 1+int(sum[1])%3
	for i := range e.paths {
		e.paths[i] = ring((first+i*step)%waveCounts, (int(sum[2])+i)%heights)
	}
	turn := 6 + int(sum[3])%8
	e.turn, e.turned = rotation(turn), rotation(2*turn)
	if id != "" {
		e.face = int(sum[4]) % len(faces)
	}
	return e
}

func rotation(degrees int) string { return "rotate(" + strconv.Itoa(degrees) + ")" }

func ring(waves, height int) string {
	r := &rings[waves][height]
	r.once.Do(func() { r.path = drawRing(leastWaves+waves, 12+6*float64(height)) })
	return r.path
}

// drawRing gives a closed curve around the origin: from each crest to the next
// trough one cubic, whose handles lie along the circle, where a sine is level.
func drawRing(waves int, height float64) string {
	steps := 2 * waves
	half := math.Pi / float64(steps) // a handle reaches over half the step
	point := func(i int, off float64) (x, y int) {
		at, r := float64(i)*2*half, ringRadius+height*float64(1-2*(i&1))
		x = int(math.Round(r*math.Cos(at) - off*r*half*math.Sin(at)))
		y = int(math.Round(r*math.Sin(at) + off*r*half*math.Cos(at)))
		return x, y
	}
	x, y := point(0, 0)
	path := fmt.Appendf(nil, "M%d %d", x, y)
	for i := 1; i <= steps; i++ {
		hx, hy := point(i-1, 1)
		gx, gy := point(i, -1)
		nx, ny := point(i, 0)
		if i == 1 {
			path = fmt.Appendf(path, "c%d %d %d %d %d %d", hx-x, hy-y, gx-x, gy-y, nx-x, ny-y)
		} else { // the first handle mirrors the last one's second
			path = fmt.Appendf(path, "s%d %d %d %d", gx-x, gy-y, nx-x, ny-y)
		}
		x, y = nx, ny
	}
	return string(path) + "z"
}
