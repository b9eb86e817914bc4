package web

import "net/http"

// newsName is the cookie of a browser in which somebody signed in who was not
// told yet what happened meanwhile. It lets nobody in, and spares every other
// request the question.
const newsName = "coffer_news"

// SetNews has the first page tell what happened since the last visit.
func SetNews(w http.ResponseWriter, r *http.Request) { setCookie(w, r, newsName, "1", 0) }

// ClearNews says that it was told.
func ClearNews(w http.ResponseWriter, r *http.Request) { setCookie(w, r, newsName, "", -1) }

// HasNews reports that it was not told yet.
func HasNews(r *http.Request) (yes bool) {
	_, yes = single(r, newsName)
	return yes
}

// ClearDevice takes back what the browser is known by, when there is nobody
// left to know it for.
func (s *Server) ClearDevice(w http.ResponseWriter, r *http.Request) {
	setCookie(w, r, deviceName, "", -1)
}
