// Judges a whole log: its lines, its tree, its signatures. The rules are those
// of coffer-verify, written a second time, by another hand in another language,
// so that a mistake in one of them shows.
import { bytesOf, equal, fromBase64, textOf, whole } from './bytes.js'
import { unlike } from './form.js'
import { judge, readCheckpoint } from './note.js'
import { People } from './people.js'
import { leafHash, peaks, Tree } from './tree.js'

export const longest = 16384

// Finding ends a trial: it cannot get better.
class Finding extends Error {
  constructor(verdict, why, what) {
    super(why)
    this.verdict = verdict
    this.what = what // the word for what was done, where the numbers show it
  }
}
const tampered = (why, what) => new Finding('TAMPERED', why, what)
const diverged = (why) => new Finding('DIVERGED', why)

// broken says which rule of the line's form a line breaks, or nothing.
function broken(line, number) {
  if (line.length === 0) return 'is blank'
  if (line.length > longest) return 'is too long'
  if (line.includes(13) || line.includes(10) || line.includes(0)) return 'holds a control character'
  const text = textOf(line)
  if (text === null) return 'is not UTF-8'
  return text.startsWith(`{"seq":${number},`) ? '' : `does not begin with its number, ${number}`
}

const numberOf = (line) => whole(/^\{"seq":(\d+),/.exec(textOf(line) ?? '')?.[1] ?? '')

// carried is the signed note that a line of the log carries in its parts.
export const carried = (d) => bytesOf(`${d.origin}\n${d.size}\n${d.root}\n\n— ${d.origin} ${d.signature}\n`)

// Trial is one judgement. lines and roots are filled by hear, before anything
// is compared.
class Trial {
  tree = new Tree()
  size = 0
  unfinished = 0
  tales = [] // lines that say something about the log itself
  holes = [] // ranges of lines that no part has
  lacks = [] // why it is not whole
  times = []
  people = new People()
  signed = 0 // how many lines a checkpoint vouches for

  constructor(given) {
    Object.assign(this, given)
  }

  // hear reads all parts in their order.
  async hear() {
    let last = null
    for (const [i, part] of this.parts.entries()) {
      const final = i === this.parts.length - 1
      const begins = part.lines.length ? numberOf(part.lines[0]) : null
      if (begins !== null && begins > this.size && (part.first === undefined || part.first === begins) && (last === null || last?.event === 'log_rotated')) {
        this.holes.push({ from: this.size, to: begins })
        this.size = begins
      }
      for (const [n, line] of part.lines.entries()) {
        if (part.cut && n === part.lines.length - 1) {
          if (!final) throw tampered(`${part.name} is cut inside line ${this.size}`)
          this.unfinished = 1
          break
        }
        last = await this.line(line, part, n)
      }
    }
  }

  async line(line, part, n) {
    const wrong = broken(line, this.size)
    if (wrong) throw tampered(`line ${this.size} of ${part.name} ${wrong}`, this.misplaced(part, n))
    this.tree.set(0, this.size, await leafHash(line))
    const text = textOf(line)
    const [, time, event] = /^\{"seq":\d+,"datetime":"([^"]*)","level":"[^"]*","event":"([^"]*)"/.exec(text) ?? []
    const heard = { seq: this.size, event, time }
    if (/^log_(checkpoint|pruned|epoch_started)$/.test(event)) {
      try {
        this.tales.push({ ...heard, data: JSON.parse(text).data })
      } catch {
        throw tampered(`line ${this.size} is no JSON`)
      }
    }
    await this.people.hear(this.size, event, text, this.holes.length > 0)
    this.times[this.size] = time
    this.size++
    return heard
  }

  // misplaced is the word for a line that bears another number than that of its
  // place; a line that breaks another rule has none.
  misplaced(part, n) {
    const [want, have] = [this.size, numberOf(part.lines[n])]
    if (have === null || have === want || broken(part.lines[n], have)) return 'form'
    const next = n + 1 < part.lines.length ? numberOf(part.lines[n + 1]) : null
    const vacant = this.holes.some(({ from, to }) => from <= have && have < to)
    if (have === want - 1) return n > 0 && equal(part.lines[n], part.lines[n - 1]) ? 'doubled' : 'inserted'
    if (have > want && this.parts.some(({ lines }) => lines.some((l) => numberOf(l) === want))) return 'order'
    if (vacant && n === 0) return 'order'
    if (next === want + 1) return 'edited'
    if (have > want) return 'missing'
    return next === have + 1 ? 'doubled' : 'order'
  }

  // fill closes the holes that were pruned and learns their peaks. Retention
  // removes from the beginning, so a line answers for all before its range too.
  fill(signed) {
    const told = this.tales.filter((t) => t.event === 'log_pruned' && t.seq < signed)
    for (const hole of this.holes) {
      let from = hole.from
      for (let t; from < hole.to && (t = told.find((t) => t.data.last >= from)); ) from = t.data.last + 1
      if (from < hole.to && !(from > hole.from && this.cut(from, hole.to))) this.lacks.push(`lines ${from} to ${hole.to - 1} are missing`)
      const edge = told.find((t) => t.data.last === hole.to - 1)?.data.edge?.map(fromBase64)
      if (edge && !edge.includes(null)) for (const [i, p] of peaks(hole.to).entries()) if (edge[i]) this.tree.set(p.level, p.index, edge[i])
    }
  }

  // cut says whether these are what is left of a bundle that was pruned at its
  // beginning: bundles have no place for them, and the hash tiles prove them.
  cut(from, to) {
    return to % 256 === 0 && to - from < 256 && this.tiles !== undefined && this.parts[0]?.bundle === true && numberOf(this.parts[0].lines[0]) === to
  }

  // compare holds the hash tiles against the lines, and takes from them what no
  // line tells.
  async compare() {
    for (const { level, index, hashes } of this.tiles ?? []) {
      for (const [i, hash] of hashes.entries()) {
        const at = index * 256 + i
        const own = await this.tree.node(level * 8, at)
        if (own === null) this.tree.set(level * 8, at, hash)
        else if (!equal(own, hash)) throw tampered(`a tile and line ${at * 256 ** level} do not fit each other`)
      }
    }
  }

  // whole looks that no hash tile of the signed tree is missing.
  whole(size) {
    if (!this.tiles) return
    const widths = new Map(this.tiles.map((t) => [`${t.level}/${t.index}`, t.hashes.length]))
    for (let [level, left] = [0, size]; left > 0; level++, left = Math.floor(left / 256)) {
      for (let index = 0; index * 256 < left; index++) {
        if ((widths.get(`${level}/${index}`) ?? 0) < Math.min(256, left - index * 256)) this.lacks.push(`a hash tile is missing: level ${level}, number ${index}`)
      }
    }
  }

  // fits says whether the root of the lines at a size is this one; null means
  // that it cannot be known.
  async fits(checkpoint) {
    const root = await this.tree.root(checkpoint.size)
    return root && equal(root, checkpoint.root)
  }

  // unlike finds a line before size that Coffer does not write at all.
  unlike(size) {
    for (const { lines } of this.parts) {
      for (const line of lines) {
        const text = textOf(line) ?? ''
        const seq = numberOf(line)
        const odd = seq !== null && seq < size && unlike(text)
        if (odd) return tampered(`line ${seq} ${odd}`)
      }
    }
    return undefined
  }

  // farthest is the largest size of a kept checkpoint that the lines reach.
  farthest() {
    return Math.max(...this.kept.map(({ bytes }) => readCheckpoint(bytes)?.size ?? 0).filter((size) => size <= this.size))
  }

  // signedBy gives what the known keys say of a note; a signature that claims
  // one of them and is not its makes wrong.
  async signedBy(checkpoint, wrong) {
    const found = (await judge(checkpoint.note, this.keys)).filter((f) => !f.unchecked)
    if (found.some((f) => !f.fits)) throw wrong
    return found
  }

  // inside checks the checkpoints that the log's own lines carry.
  async inside() {
    for (const tale of this.tales.filter((t) => t.event === 'log_checkpoint')) {
      const c = readCheckpoint(carried(tale.data))
      if (!c || c.size > tale.seq) throw tampered(`line ${tale.seq} carries no checkpoint of lines before it`)
      const found = await this.signedBy(c, tampered(`the checkpoint in line ${tale.seq} was not signed by the key that it names`))
      const fits = await this.fits(c)
      if (fits) this.foreign(found, c)
      if (fits === false) throw this.unlike(c.size) ?? tampered(`the lines before ${c.size} are not those of the checkpoint in line ${tale.seq}`)
    }
  }

  // cited looks at what new epochs cite: the last checkpoint by the key before.
  async cited() {
    for (const { data } of this.tales.filter((t) => t.event === 'log_epoch_started')) {
      const c = readCheckpoint(carried({ ...data, origin: data.former }))
      if (c && (await this.fits(c))) this.foreign(await judge(c.note, this.keys), c)
    }
  }

  // foreign notes that a key from elsewhere vouches for a part of the lines.
  foreign(found, c) {
    this.partly ||= found.some((f) => f.fits && !('time' in f) && f.key.name === c.origin && f.key.elsewhere)
  }

  // own judges the checkpoint that came with the log.
  async own() {
    const c = this.checkpoint && readCheckpoint(this.checkpoint)
    if (!c) return this.lacks.push('no checkpoint came with the log')
    const found = await this.signedBy(c, tampered('the checkpoint was not signed by the key that it names'))
    const mine = found.filter((f) => !('time' in f))
    if (mine.some((f) => f.key.name !== c.origin)) throw tampered('the checkpoint is of another log than its key')
    if (!mine.length) {
      if (this.keys.some((k) => k.name === c.origin)) throw tampered('the key of this log did not sign the checkpoint')
      return this.lacks.push('no known key signed the checkpoint')
    }
    this.anchored ||= mine.some((f) => f.key.elsewhere)
    return this.reach(c)
  }

  // reach compares the lines with a checkpoint that is believed.
  async reach(c) {
    if (this.size < c.size) return this.lacks.push(`the log ends at line ${this.size}, the checkpoint at ${c.size}`)
    const fits = await this.fits(c)
    if (fits === false) throw this.unlike(c.size) ?? tampered('the lines are not those that were signed')
    if (fits === null) return this.lacks.push('what is missing keeps the tree from being computed')
    this.signed = Math.max(this.signed, c.size)
    this.proven = c
    return undefined
  }

  // against compares with an older checkpoint that somebody kept.
  async against({ bytes, elsewhere }) {
    const c = readCheckpoint(bytes)
    if (!c) return this.lacks.push('what it is to be compared with is no checkpoint')
    const found = await this.signedBy(c, diverged('a kept checkpoint was not signed by the key that it names'))
    if (c.size > this.size) {
      const own = this.checkpoint && readCheckpoint(this.checkpoint)
      if (own && own.size >= c.size) return this.lacks.push('the log is shorter than a kept checkpoint')
      throw diverged('the log is shorter than a kept checkpoint: it was rolled back')
    }
    const fits = await this.fits(c)
    if (fits === false) throw this.unlike(this.farthest()) ?? diverged('the lines are not those of a kept checkpoint')
    if (fits === null) return this.lacks.push('a kept checkpoint cannot be compared: lines are missing')
    if (!found.length) return this.lacks.push('no known key signed a kept checkpoint')
    this.signed = Math.max(this.signed, c.size)
    this.anchored ||= elsewhere
    this.stoodIn = true
    return undefined
  }
}

// quorum says whether enough witnesses of the policy signed, and when last.
async function quorum(trial, policy) {
  if (!policy || !trial.proven) return { met: false }
  const found = (await judge(trial.proven.note, policy.witnesses)).filter((f) => f.fits)
  const signed = new Set(found.map((f) => f.key.text))
  const holds = (name) => {
    const group = policy.groups[name]
    if (!group) return signed.has(policy.named[name]?.text)
    return group.members.filter(holds).length >= group.least
  }
  return { met: policy.quorum !== 'none' && holds(policy.quorum), time: Math.max(0, ...found.map((f) => f.time ?? 0)) }
}

const fresh = (time, now, most) => now - time <= most && time - now <= 300

// judgeLog gives the verdict on a log: {verdict, exit, why, …}. given holds
// parts (name, first, lines, cut), tiles, keys, checkpoint, kept, policy,
// allowUnsigned, require and now, in seconds.
export async function judgeLog(given) {
  const trial = new Trial(given)
  try {
    await trial.hear()
    const own = trial.checkpoint && readCheckpoint(trial.checkpoint)
    trial.fill(own?.size ?? 0)
    trial.whole(own?.size ?? 0)
    await trial.compare()
    await trial.inside()
    await trial.cited()
    await trial.own()
    for (const kept of trial.kept) await trial.against(kept)
  } catch (e) {
    if (!(e instanceof Finding)) throw e
    return { verdict: e.verdict, exit: 1, why: e.message, what: e.what }
  }
  return conclude(trial)
}

async function conclude(trial) {
  if (trial.stoodIn) trial.lacks = trial.lacks.filter((l) => l !== 'no checkpoint came with the log')
  const unsigned = trial.size - trial.signed + trial.unfinished
  if (trial.nothing) trial.lacks.push('no line was seen')
  if (unsigned > 0 && !trial.allowUnsigned) trial.lacks.push(`${unsigned} lines are not signed yet`)
  const witnessed = await quorum(trial, trial.policy)
  const anchored = trial.anchored || witnessed.met
  const { require } = trial
  if (require.anchored && !anchored) trial.lacks.push('nothing came from elsewhere')
  if (require.witnessed && !witnessed.met) trial.lacks.push('the witnesses did not sign')
  if (require.fresh !== undefined) {
    const line = Date.parse(trial.times[trial.signed - 1] ?? '') / 1000
    if (!fresh(line, trial.now, require.fresh)) trial.lacks.push('the newest signed line is old')
    if (trial.policy?.witnesses.length && !fresh(witnessed.time, trial.now, require.fresh)) trial.lacks.push('the newest cosignature is old')
  }
  const { misfit, ...signed } = trial.people
  if (require.signed && signed.stripped + signed.unchecked > 0) trial.lacks.push('not all that could be is signed by its person')
  if (misfit) return { verdict: 'FALSIFIED', exit: 1, ...misfit, signed }
  if (trial.lacks.length) return { verdict: 'INCOMPLETE', exit: 2, why: trial.lacks.join('; '), signed }
  return { verdict: anchored || trial.partly ? 'INTACT' : 'UNANCHORED', exit: 0, why: '', signed }
}
