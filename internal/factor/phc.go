package factor

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

const (
	saltLen = 16
	keyLen  = 32
)

// Bounds of a foreign hash: a row of the database must not be able to take all
// memory, panic in argon2, or match by being short.
const (
	maxMemory  = 256 * 1024 // KiB
	maxTime    = 32
	maxThreads = 16
	maxField   = 64 // bytes of salt and key
)

// errPHC says nothing of the string: it stands beside people's passwords.
var errPHC = errors.New("stored password hash is not an argon2id hash within bounds")

// encoded is a hash taken apart.
type encoded struct {
	Settings
	salt, key []byte
}

// String is the PHC string: $argon2id$v=19$m=…,t=…,p=…$salt$key.
func (e encoded) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, e.Memory, e.Time, e.Threads, b64(e.salt), b64(e.key))
}

// parse takes a PHC string apart; there is one way to write each hash.
func parse(phc string) (encoded, error) {
	part := strings.Split(phc, "$")
	if len(part) != 6 {
		return encoded{}, errPHC
	}
	var e encoded
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &e.Memory, &e.Time, &e.Threads); err != nil {
		return encoded{}, errPHC
	}
	b64 := base64.RawStdEncoding.Strict()
	var saltErr, keyErr error
	e.salt, saltErr = b64.DecodeString(part[4])
	e.key, keyErr = b64.DecodeString(part[5])
	if err := errors.Join(saltErr, keyErr, e.check()); err != nil || e.String() != phc {
		return encoded{}, errPHC
	}
	return e, nil
}

func (e encoded) check() error {
	switch {
	case e.Threads < 1 || e.Threads > maxThreads,
		e.Time < 1 || e.Time > maxTime,
		e.Memory < 8*uint32(e.Threads) || e.Memory > maxMemory,
		len(e.salt) < 8 || len(e.salt) > maxField,
		len(e.key) < 16 || len(e.key) > maxField:
		return errPHC
	}
	return nil
}
