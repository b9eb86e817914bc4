package proof

import (
	"bytes"
	"errors"

	"github.com/transparency-dev/formats/proof"
)

// ProofFile is one line's proof to keep: the line, its place, the hashes from
// it to the root, and the signed checkpoint that holds the root.
type ProofFile struct {
	// Extra is the line, without its newline.
	Extra      []byte
	Index      uint64
	Hashes     []Hash
	Checkpoint []byte
}

var errProofFile = errors.New("no proof file of c2sp.org/tlog-proof@v1")

// Marshal writes the file.
func (p ProofFile) Marshal() []byte {
	raw := proof.TLogProof{Index: p.Index, Checkpoint: p.Checkpoint, ExtraData: p.Extra}
	for _, h := range p.Hashes {
		raw.Hashes = append(raw.Hashes, h)
	}
	return raw.Marshal()
}

// ParseProofFile reads a proof file; one that Marshal would write otherwise,
// with carriage returns say, is refused.
func ParseProofFile(b []byte) (ProofFile, error) {
	var raw proof.TLogProof
	if err := raw.Unmarshal(b); err != nil {
		return ProofFile{}, errors.Join(errProofFile, err)
	}
	p := ProofFile{Extra: raw.ExtraData, Index: raw.Index, Checkpoint: raw.Checkpoint}
	for _, h := range raw.Hashes {
		p.Hashes = append(p.Hashes, h)
	}
	if !bytes.Equal(p.Marshal(), b) {
		return ProofFile{}, errProofFile
	}
	return p, nil
}
