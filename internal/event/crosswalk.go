package event

import (
	_ "embed"
	"strings"
)

//go:embed crosswalk.tsv
var crosswalk string

// Crosswalk gives how each event reads in other vocabularies: by its wire name,
// the cells of crosswalk.tsv by their column's name. The caller may keep it.
func Crosswalk() map[string]map[string]string {
	rows := map[string]map[string]string{}
	var columns []string
	for line := range strings.Lines(crosswalk) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if columns == nil {
			columns = cells
			continue
		}
		row := make(map[string]string, len(columns))
		for i, cell := range cells {
			row[columns[i]] = cell
		}
		rows[cells[0]] = row
	}
	return rows
}
