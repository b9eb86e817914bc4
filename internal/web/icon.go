package web

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// Icon draws a picture in place, from the set that the asset build made; it
// never stands without a word. In place, because a browser counts an outside
// <use> under default-src, which allows nothing.
func Icon(name string) templ.Component {
	svg := built.icons[name]
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, svg)
		return err
	})
}
