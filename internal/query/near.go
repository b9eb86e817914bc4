package query

// nearest is the known word with the fewest changes to word, if it is near
// enough to be meant.
func nearest(word string, known []string) (near string, found bool) {
	best := 1 + min(len(word), 40)/3
	for _, k := range known {
		if d := distance(word, k); d <= best && (!found || d < best) {
			near, best, found = k, d, true
		}
	}
	return near, found
}

// distance is Levenshtein's, in bytes, a swap of neighbours counting as one.
func distance(a, b string) int {
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j+1]+1, next[j]+1, row[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
