package proof

import "crypto/sha256"

// Verifies asks a key about an assertion of any challenge.
func Verifies(algorithm int, der, client, auth, signature []byte) bool {
	sum := sha256.Sum256(client)
	verify := verifier(algorithm, der)
	return verify != nil && verify(append(auth[:len(auth):len(auth)], sum[:]...), signature)
}

// Known reports whether a key is of a kind that is checked.
func Known(algorithm int, der []byte) bool { return verifier(algorithm, der) != nil }
