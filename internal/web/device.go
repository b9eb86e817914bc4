package web

import "strings"

// words pairs what stands in a user agent with what a person calls it. Order
// matters: every browser also claims to be the older ones.
type words []struct{ mark, name string }

var browsers = words{
	{"Edg/", "Edge"},
	{"EdgA/", "Edge"},
	{"OPR/", "Opera"},
	{"Vivaldi/", "Vivaldi"},
	{"SamsungBrowser/", "Samsung Internet"},
	{"FxiOS/", "Firefox"},
	{"Firefox/", "Firefox"},
	{"CriOS/", "Chrome"},
	{"Chrome/", "Chrome"},
	{"Safari/", "Safari"},
	{"curl/", "curl"},
	{"Wget/", "Wget"},
	{"python-requests/", "a Python script"},
	{"Go-http-client/", "a Go program"},
}

var systems = words{
	{"iPhone", "iPhone"},
	{"iPad", "iPad"},
	{"Android", "Android"},
	{"CrOS", "ChromeOS"},
	{"Windows", "Windows"},
	{"Mac OS X", "macOS"},
	{"Macintosh", "macOS"},
	{"Linux", "Linux"},
}

func (w words) in(agent string) string {
	for _, one := range w {
		if strings.Contains(agent, one.mark) {
			return one.name
		}
	}
	return ""
}

// Device says what the browser claims to be, in words: "Firefox on Linux". It
// is a claim and no proof; the line keeps the text itself.
func Device(agent string) string {
	browser, system := browsers.in(agent), systems.in(agent)
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "":
		return browser
	case system != "":
		return system
	}
	return "an unknown device"
}
