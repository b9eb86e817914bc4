package app_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// pebble is Let's Encrypt's own test authority, which others wrote, running. It looks for every name on this machine, at
// the two ports given.
type pebble struct {
	*testing.T
	ca        *testCA
	cmd       *exec.Cmd
	at, admin string
}

func startPebble(t *testing.T, httpPort, tlsPort string) *pebble {
	t.Helper()
	p, dir := &pebble{T: t, ca: newTestCA(t), at: freePort(t), admin: freePort(t)}, t.TempDir()
	build := exec.Command("go", "build", "-modfile=tools.mod", "-o", filepath.Join(dir, "pebble"), "github.com/letsencrypt/pebble/v2/cmd/pebble")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build pebble: %v\n%s", err, out)
	}
	cert, key := p.ca.pair(longAgo.AddDate(70, 0, 0), "localhost")
	putFile(t, filepath.Join(dir, "cert.pem"), cert)
	putFile(t, filepath.Join(dir, "key.pem"), key)
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": p.at, "managementListenAddress": p.admin, "keyAlgorithm": "ecdsa",
		"certificate": filepath.Join(dir, "cert.pem"), "privateKey": filepath.Join(dir, "key.pem"),
		"httpPort": number(t, httpPort), "tlsPort": number(t, tlsPort), "retryAfter": map[string]int{"authz": 1, "order": 1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	putFile(t, filepath.Join(dir, "config.json"), config)
	p.cmd = exec.Command(filepath.Join(dir, "pebble"), "-strict", "-config", filepath.Join(dir, "config.json"), "-dnsserver", serveNames(t))
	p.cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", p.at)
		if err == nil {
			c.Close()
			return p
		}
		if time.Now().After(end) {
			t.Fatalf("pebble does not open: %v", err)
		}
	}
}

func (p *pebble) stop() {
	_ = p.cmd.Process.Kill() // it may have ended
	_ = p.cmd.Wait()
}

// root is whom a browser has to trust to trust what pebble certified.
func (p *pebble) root() *x509.CertPool {
	p.Helper()
	c := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.ca.pool, ServerName: "localhost"}}}
	res, err := c.Get("https://" + p.admin + "/roots/0")
	if err != nil {
		p.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(text) {
		p.Fatalf("pebble's root is %q, %v", text, err)
	}
	return pool
}

func number(t *testing.T, port string) int {
	t.Helper()
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// freePort is an address where nobody listens now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func portOf(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// serveNames is a name server to which every name is this machine; it is asked
// over TCP (RFC 1035, 4.2.2).
func serveNames(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answerNames(c)
		}
	}()
	return l.Addr().String()
}

func answerNames(c net.Conn) {
	defer c.Close()
	for {
		var length uint16
		if binary.Read(c, binary.BigEndian, &length) != nil {
			return
		}
		question := make([]byte, length)
		if _, err := io.ReadFull(c, question); err != nil {
			return
		}
		answer := named127(question)
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

// named127 answers a question for an IPv4 address with 127.0.0.1, and any other
// with nothing.
func named127(question []byte) []byte {
	const header, typeA = 12, 1
	end := header
	for end < len(question) && question[end] != 0 {
		end += int(question[end]) + 1
	}
	end += 5 // the root's label, type and class
	if end > len(question) {
		return nil
	}
	answer := append([]byte{}, question[:end]...)
	binary.BigEndian.PutUint16(answer[2:], 0x8580) // an answer, by who may give it
	clear(answer[6:header])                        // of all counts, that of the question stays
	if binary.BigEndian.Uint16(question[end-4:]) == typeA {
		binary.BigEndian.PutUint16(answer[6:], 1)
		answer = append(answer, 0xc0, header, 0, typeA, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1)
	}
	return answer
}
