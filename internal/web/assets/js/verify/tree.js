// The tree over the lines, as RFC 6962 has it. A size is a plain number: no log
// is longer than 2^53 lines. Nothing here shifts bits, which would stop at 2^31.
import { bytesOf, equal, join, sha256 } from './bytes.js'

const zero = Uint8Array.of(0)
const one = Uint8Array.of(1)

export const leafHash = (line) => sha256(join(zero, line))
export const nodeHash = (left, right) => sha256(join(one, left, right))
export const emptyRoot = () => sha256(bytesOf(''))

// peaks lists the full subtrees that a tree of this size consists of, the
// largest first: their levels and where they stand in them.
export function peaks(size) {
  const all = []
  let begin = 0
  for (let level = 52; level >= 0; level--) {
    const width = 2 ** level
    if (Math.floor((size - begin) / width) === 1) {
      all.push({ level, index: begin / width })
      begin += width
    }
  }
  return all
}

// Tree holds what is known of a tree: leaves, and nodes learned elsewhere. The
// others are computed when asked for; what cannot be is null.
export class Tree {
  #nodes = new Map()

  set(level, index, hash) {
    this.#nodes.set(`${level}/${index}`, hash)
  }

  async node(level, index) {
    const key = `${level}/${index}`
    const known = this.#nodes.get(key)
    if (known || level === 0) return known ?? null
    const left = await this.node(level - 1, 2 * index)
    const right = left && (await this.node(level - 1, 2 * index + 1))
    if (!right) return null
    const hash = await nodeHash(left, right)
    this.#nodes.set(key, hash)
    return hash
  }

  async root(size) {
    if (size === 0) return emptyRoot()
    let root = null
    for (const { level, index } of peaks(size).reverse()) {
      const peak = await this.node(level, index)
      if (!peak) return null
      root = root ? await nodeHash(peak, root) : peak
    }
    return root
  }
}

// path says for each hash of an inclusion proof on which side it stands and
// which lines it stands for, from the leaf up (RFC 9162, 2.1.3.2).
export function path(index, size) {
  const steps = []
  const climb = (at, from, to) => {
    if (to - from === 1) return
    let split = 1
    while (split * 2 < to - from) split *= 2
    const middle = from + split
    const left = at < middle
    if (left) climb(at, from, middle)
    else climb(at, middle, to)
    steps.push(left ? { side: 'right', from: middle, to } : { side: 'left', from, to: middle })
  }
  if (index < size) climb(index, 0, size)
  return steps
}

// climbed gives the hashes from the leaf to the root that a proof leads to, or
// null if it has not as many hashes as the place demands.
export async function climbed(leaf, index, size, hashes) {
  const steps = path(index, size)
  if (index >= size || steps.length !== hashes.length) return null
  const all = [leaf]
  for (const [i, step] of steps.entries()) {
    const here = all[i]
    all.push(await (step.side === 'left' ? nodeHash(hashes[i], here) : nodeHash(here, hashes[i])))
  }
  return all
}

// included reports whether a proof leads from the leaf to the root.
export async function included(leaf, index, size, hashes, root) {
  const all = await climbed(leaf, index, size, hashes)
  return all !== null && equal(all.at(-1), root)
}
