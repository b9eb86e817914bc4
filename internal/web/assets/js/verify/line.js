// What proves a line that stands alone: its bytes, its place, a signed root.
import { equal, hex, textOf } from './bytes.js'
import { judge, others, readCheckpoint } from './note.js'
import { readProof } from './prooffile.js'
import { climbed, included, leafHash, path } from './tree.js'

// proveLine checks a proof file step by step: each step is what was checked,
// whether it held, and the value that was found. shown, if given, are the bytes
// that somebody saw; keys are the log's and its witnesses'.
export async function proveLine(file, keys, shown) {
  const proof = readProof(file)
  const checkpoint = proof && readCheckpoint(proof.checkpoint)
  if (!checkpoint) return { steps: [{ what: 'file', ok: false }] }
  const leaf = await leafHash(proof.line)
  const nodes = await climbed(leaf, proof.index, checkpoint.size, proof.hashes)
  const found = await judge(checkpoint.note, keys)
  const signed = found.filter((f) => f.key.name === checkpoint.origin && !('time' in f) && !f.unchecked)
  const steps = [
    { what: 'leaf', ok: !shown || equal(shown, proof.line), value: hex(leaf), bytes: proof.line.length },
    { what: 'path', ok: nodes !== null && equal(nodes.at(-1), checkpoint.root), value: hex(checkpoint.root), hashes: proof.hashes.length },
    { what: 'signature', ok: signed.length > 0 && signed.every((f) => f.fits), value: signed[0]?.key.id ?? '' },
  ]
  return { steps, proof, checkpoint, nodes, path: path(proof.index, checkpoint.size), witnesses: found.filter((f) => 'time' in f), unchecked: others(checkpoint.note, keys) }
}

// judgeProof gives the verdict on a proof file alone: {verdict, exit, why}.
export async function judgeProof({ file, keys }) {
  const incomplete = (why) => ({ verdict: 'INCOMPLETE', exit: 2, why })
  const tampered = (why) => ({ verdict: 'TAMPERED', exit: 1, why })
  const proof = readProof(file)
  const checkpoint = proof && readCheckpoint(proof.checkpoint)
  if (!checkpoint) return incomplete('it is no proof file')
  const found = (await judge(checkpoint.note, keys)).filter((f) => !f.unchecked && !('time' in f))
  if (found.some((f) => !f.fits)) return tampered('the checkpoint was not signed by the key that it names')
  if (found.some((f) => f.key.name !== checkpoint.origin)) return tampered('the checkpoint is of another log than its key')
  if (!found.length && keys.some((k) => k.name === checkpoint.origin)) return tampered('the key of this log did not sign the checkpoint')
  if (!proof.line.length) return incomplete('the file holds no line')
  const text = textOf(proof.line)
  if (!text?.startsWith(`{"seq":${proof.index},`)) return tampered('the line has another number than its place')
  if (!(await included(await leafHash(proof.line), proof.index, checkpoint.size, proof.hashes, checkpoint.root))) return tampered('the hashes do not lead to the signed root')
  if (!found.length) return incomplete('no known key signed the checkpoint')
  return { verdict: found.some((f) => f.key.elsewhere) ? 'INTACT' : 'UNANCHORED', exit: 0, why: '' }
}
