package main

import (
	"bytes"
	"context"
	"database/sql"
	"html/template"
	"net/http"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	_ "modernc.org/sqlite" // the driver that Coffer uses
)

// The two things a bare server does: answer a card's page once a line about it
// is synced, where waiting requests share a sync; and insert a row for each
// request, each with its own sync.
const (
	modeLine   = "line"
	modeInsert = "insert"
)

type bareServer struct {
	db   *sql.DB
	page *template.Template
	log  *lines
}

type bareRow struct{ ID, Holder, Last4, Expiry string }

var barePage = template.Must(template.New("card").Parse(`<!doctype html><html lang="en"><head><title>Card</title></head>
<body><h1>Card ending {{.Last4}}</h1><dl><dt>Holder</dt><dd>{{.Holder}}</dd><dt>Expiry</dt><dd>{{.Expiry}}</dd></dl>` +
	strings.Repeat("<p>A line of text that gives the page the size of a usual one.</p>\n", 60) + `</body></html>`))

func bareCard(int, int) ([]byte, int, string) {
	return get("localhost", "/card/7", ""), http.StatusOK, "</html>"
}

// serveBare is the child process: no sessions, no headers, no limits, no seal.
func serveBare(mode, addr string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	db, err := bareDatabase("bare.db")
	if err != nil {
		return err
	}
	defer db.Close()
	log, err := openLines("bare.log")
	if err != nil {
		return err
	}
	s := &bareServer{db: db, page: barePage, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /card/{id}", map[string]http.HandlerFunc{modeLine: s.line, modeInsert: s.insert}[mode])
	srv := &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = srv.Close() }) // what is under way is of no use any more
	if err := srv.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// rawDatabase is where raw inserts go: the bare server's, or PostgreSQL's.
func rawDatabase(dir, postgres string) (*sql.DB, error) {
	if postgres == "" {
		return bareDatabase(filepath.Join(dir, "raw.db"))
	}
	db, err := sql.Open("pgx", postgres)
	if err != nil {
		return nil, err
	}
	_, err = db.Exec(`CREATE TABLE event (seq BIGSERIAL PRIMARY KEY, at BIGINT, name TEXT, line BYTEA)`)
	return db, err
}

func bareDatabase(file string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	for _, q := range []string{
		`CREATE TABLE IF NOT EXISTS card (id TEXT PRIMARY KEY, holder TEXT, last4 TEXT, expiry TEXT)`,
		`CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, at BIGINT, name TEXT, line BLOB)`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
			INSERT OR IGNORE INTO card SELECT i, 'Bench Holder', '4242', '12/31' FROM n`,
	} {
		if _, err := db.Exec(q); err != nil {
			return nil, err
		}
	}
	return db, nil
}

func (s *bareServer) line(w http.ResponseWriter, r *http.Request) {
	row := bareRow{ID: r.PathValue("id")}
	err := s.db.QueryRowContext(r.Context(), `SELECT holder, last4, expiry FROM card WHERE id = ?`, row.ID).Scan(&row.Holder, &row.Last4, &row.Expiry)
	if err == nil {
		err = s.log.append(bareLine(row.ID))
	}
	s.answer(w, row, err)
}

func (s *bareServer) insert(w http.ResponseWriter, r *http.Request) {
	err := insertEvent(r.Context(), s.db)
	s.answer(w, bareRow{ID: r.PathValue("id"), Holder: "Bench Holder", Last4: "4242", Expiry: "12/31"}, err)
}

func (s *bareServer) answer(w http.ResponseWriter, row bareRow, err error) {
	var page bytes.Buffer
	if err == nil {
		err = s.page.Execute(&page, row)
	}
	if err != nil {
		http.Error(w, "no", http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(page.Bytes()) // the client is gone: it will say so itself
}

// insertEvent is the raw synced insert: one row, one sync, nothing shared.
func insertEvent(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, `INSERT INTO event (at, name, line) VALUES ($1, $2, $3)`, time.Now().UnixMicro(), "sensitive_create", bareLine("7"))
	return err
}

// bareLine has the length of a usual line of security.log.
func bareLine(id string) []byte {
	line := time.Now().UTC().AppendFormat([]byte(`{"datetime":"`), time.RFC3339Nano)
	line = append(line, `","event":"sensitive_read","card":"`+id+`","filler":"`...)
	return append(append(line, strings.Repeat("x", max(0, 376-len(line)))...), "\"}\n"...)
}
