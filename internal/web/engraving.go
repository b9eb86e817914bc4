package web

import (
	"crypto/sha256"
	"fmt"
	"math"
	"strings"
)

// A card's engraving is a ring of nine sine curves: three wave counts, each
// turned twice. Which counts, how high the waves are and how far a turn goes
// come from the SHA-256 of the card's id, so a person knows the cards apart.
// There are few of them, and each is a picture of its own, which a browser
// keeps: a page of cards then carries their names only.

const (
	ringRadius = 78
	leastWaves = 7
	waveCounts = 8
	steps      = 3
	heights    = 4
	leastTurn  = 6
	turns      = 8
)

// engravings is the pictures' place. It changes with how they are drawn.
const engravings = "/static/engraving1/"

// engraving is what one is drawn from.
type engraving struct{ first, step, height, turn int }

// engrave chooses the engraving of an id and one of the four colours of a card;
// without an id it is the plain card's.
func engrave(id string) (e engraving, face int) {
	sum := sha256.Sum256([]byte(id))
	e = engraving{int(sum[0]) % waveCounts, int(sum[1]) % steps, int(sum[2]) % heights, int(sum[3]) % turns}
	if id != "" {
		face = int(sum[4]) % len(faces)
	}
	return e, face
}

// at is the picture's address: it names all that the picture is drawn from.
func (e engraving) at() string {
	return engravings + string([]byte{'0' + byte(e.first), '0' + byte(e.step), '0' + byte(e.height), '0' + byte(e.turn)}) + ".svg"
}

// engravingAt is the engraving whose picture stands at an address.
func engravingAt(path string) (e engraving, found bool) {
	name, found := strings.CutPrefix(path, engravings)
	digits, isPicture := strings.CutSuffix(name, ".svg")
	if !found || !isPicture || len(digits) != 4 {
		return e, false
	}
	for i, part := range []struct {
		of  *int
		max int
	}{{&e.first, waveCounts}, {&e.step, steps}, {&e.height, heights}, {&e.turn, turns}} {
		if *part.of = int(digits[i]) - '0'; *part.of < 0 || *part.of >= part.max {
			return e, false
		}
	}
	return e, true
}

// picture draws it.
func (e engraving) picture() []byte {
	b := []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="-110 -110 220 220" fill="none" stroke="#E0B25C" stroke-width=".75" stroke-opacity=".17"><g id="a">`)
	for i := range 3 {
		b = fmt.Appendf(b, `<path d="%s"/>`, ring((e.first+i*(1+e.step))%waveCounts, (e.height+i)%heights))
	}
	turn := leastTurn + e.turn
	return fmt.Appendf(b, `</g><use href="#a" transform="rotate(%d)"/><use href="#a" transform="rotate(%d)"/></svg>`, turn, 2*turn)
}

// ring gives a closed curve around the origin: from each crest to the next
// trough one cubic, whose handles lie along the circle, where a sine is level.
func ring(waves, height int) string {
	bends := 2 * (leastWaves + waves)
	half := math.Pi / float64(bends) // a handle reaches over half the bend
	point := func(i int, off float64) (x, y int) {
		at, r := float64(i)*2*half, ringRadius+float64(12+6*height)*float64(1-2*(i&1))
		x = int(math.Round(r*math.Cos(at) - off*r*half*math.Sin(at)))
		y = int(math.Round(r*math.Sin(at) + off*r*half*math.Cos(at)))
		return x, y
	}
	x, y := point(0, 0)
	path := fmt.Appendf(nil, "M%d %d", x, y)
	for i := 1; i <= bends; i++ {
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
