package server

import "strings"

// maxClient bounds what is kept of a User-Agent, in bytes.
const maxClient = 120

// known is a word of a User-Agent, and what it stands for.
type known struct{ word, name string }

// Browsers name each other, and systems too: the first word that is there counts.
var (
	browsers = []known{
		{"Edg/", "Edge"},
		{"EdgA/", "Edge"},
		{"EdgiOS/", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
	}
	systems = []known{
		{"Android", "Android"},
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Windows", "Windows"},
		{"Mac OS X", "macOS"},
		{"CrOS", "ChromeOS"},
		{"Linux", "Linux"},
		{"BSD", "BSD"},
	}
)

// clientOf makes a few words of a User-Agent that people know their own by, as "Chrome
// on Linux" or "vsay 1.2 on box". Whoever sends it may write into it what they like.
func clientOf(agent string) string {
	if rest, ok := strings.CutPrefix(agent, "vsay/"); ok {
		return oneLine(vsayOn(rest), maxClient)
	}
	browser, system := firstOf(browsers, agent), firstOf(systems, agent)
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "":
		return browser
	}
	product, _, _ := strings.Cut(agent, " ")
	return oneLine(strings.Replace(product, "/", " ", 1), maxClient)
}

// vsayOn reads what our own clients say behind their name: VERSION (SYSTEM; HOST).
func vsayOn(rest string) string {
	version, about, _ := strings.Cut(rest, " ")
	_, host, ok := strings.Cut(strings.TrimSuffix(about, ")"), "; ")
	if !ok || host == "" {
		return "vsay " + version
	}
	return "vsay " + version + " on " + host
}

func firstOf(list []known, agent string) string {
	for _, k := range list {
		if strings.Contains(agent, k.word) {
			return k.name
		}
	}
	return ""
}
