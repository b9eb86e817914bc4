package factor

import (
	"context"
	"crypto/rsa"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"coffer/internal/db"
)

// OwnerOf reads an account's passkeys.
func OwnerOf(ctx context.Context, r *db.Reader, id, name string) (Owner, error) {
	o := Owner{ID: id, Name: name}
	rows, err := r.Query(ctx, sqlPasskeys, id)
	if err != nil {
		return Owner{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var factor, body, handle string
		var k kept
		if err := rows.Scan(&factor, &body, &handle); err != nil {
			return Owner{}, err
		}
		if err := json.Unmarshal([]byte(body), &k); err != nil {
			return Owner{}, fmt.Errorf("passkey %s: %w", factor, err)
		}
		o.held = append(o.held, k)
	}
	return o, rows.Err()
}

// OwnerByPasskey finds whose passkey an id is; one without an id means nobody's.
func OwnerByPasskey(ctx context.Context, r *db.Reader, handle string) (Owner, error) {
	var id, name string
	err := r.QueryRow(ctx, sqlPasskeyOwner, handle).Scan(&id, &name)
	if errors.Is(err, sql.ErrNoRows) {
		return Owner{}, nil
	}
	if err != nil {
		return Owner{}, err
	}
	return OwnerOf(ctx, r, id, name)
}

func rsaKey(k webauthncose.RSAPublicKeyData) (*rsa.PublicKey, error) {
	e, err := webauthncose.ParseRSAPublicKeyDataExponent(&k)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAnswer, err)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(k.Modulus), E: e}, nil
}
