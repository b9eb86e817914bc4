// The proof of one line, as a file to keep (c2sp.org/tlog-proof@v1).
import { bytesOf, fromBase64, textOf, whole } from './bytes.js'

const lines = { first: 'c2sp.org/tlog-proof@v1', extra: 'extra ', index: 'index ' }

// readProof takes a proof file apart; null if it is none.
export function readProof(bytes) {
  const text = textOf(bytes)
  const head = text?.indexOf('\n\n') ?? -1
  if (head < 0) return null
  const rows = text.slice(0, head).split('\n')
  if (rows.shift() !== lines.first) return null
  const extra = rows[0]?.startsWith(lines.extra) ? fromBase64(rows.shift().slice(lines.extra.length)) : new Uint8Array()
  const index = rows[0]?.startsWith(lines.index) ? whole(rows.shift().slice(lines.index.length)) : null
  const hashes = rows.map(fromBase64)
  if (!extra || index === null || hashes.some((h) => h?.length !== 32)) return null
  return { line: extra, index, hashes, checkpoint: bytesOf(text.slice(head + 2)) }
}
