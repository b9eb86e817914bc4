// What coffer-verify's arguments name, read from the disk for the verifier in
// JavaScript, which does no input itself.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { carried } from '../../internal/web/assets/js/verify/log.js'
import { readKey, readKeys } from '../../internal/web/assets/js/verify/note.js'

// readArgs takes arguments apart as coffer-verify has them.
export function readArgs(args) {
  const said = { keys: [], against: [], paths: [], require: {} }
  for (let i = 0; i < args.length; i++) {
    const [flag, inline] = args[i].split('=', 2)
    const value = () => inline ?? args[++i]
    if (flag === '--key') said.keys.push(value())
    else if (flag === '--checkpoint') said.checkpoint = value()
    else if (flag === '--against' || flag === '--from') said.against.push(value())
    else if (flag === '--policy') said.policy = value()
    else if (flag === '--allow-unsigned') said.allowUnsigned = true
    else if (flag === '--require') said.require = readRequire(args[i].startsWith('--require=') ? args[i].slice(10) : args[++i])
    else if (flag.startsWith('--')) throw new Error(`the verifier in JavaScript does not know ${flag}`)
    else said.paths.push(args[i])
  }
  return said
}

const units = { s: 1, m: 60, h: 3600 }

function readRequire(list) {
  const all = {}
  for (const word of list.split(',')) {
    const [name, value] = word.split('=')
    const span = value && [...value.matchAll(/(\d+)([smh])/g)].reduce((n, [, count, unit]) => n + count * units[unit], 0)
    all[name] = span ?? true
  }
  return all
}

const within = (file, dir) => resolve(file).startsWith(resolve(dir) + '/')

// keysOf reads the keys of --key, which is a file or the key itself.
async function keysOf(said, dir) {
  const file = existsSync(said)
  const keys = await (file ? readKeys(readFileSync(said, 'utf8')) : readKeys(said))
  return (keys ?? []).map((k) => ({ ...k, elsewhere: !file || !within(said, dir) }))
}

// policyOf reads a policy (c2sp.org/tlog-policy): logs, witnesses, groups, quorum.
async function policyOf(file) {
  if (!file) return undefined
  const policy = { logs: [], witnesses: [], named: {}, groups: {}, quorum: 'none' }
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [word, ...rest] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (word === 'log') policy.logs.push({ ...(await readKey(rest[0])), elsewhere: true })
    if (word === 'witness') policy.witnesses.push((policy.named[rest[0]] = await readKey(rest[1])))
    if (word === 'group') policy.groups[rest[0]] = { least: { any: 1, all: rest.length - 2 }[rest[1]] ?? Number(rest[1]), members: rest.slice(2) }
    if (word === 'quorum') policy.quorum = rest[0]
  }
  return policy
}

// linesOf cuts a file at its line breaks; what follows the last is cut off.
function linesOf(bytes) {
  const lines = []
  let begin = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, begin)) {
    lines.push(bytes.subarray(begin, end))
    begin = end + 1
  }
  const cut = begin < bytes.length
  if (cut) lines.push(bytes.subarray(begin))
  return { lines, cut }
}

const read = (file) => (existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined)

function segments(dir) {
  const named = readdirSync(dir).filter((n) => /^security-\d+\.log$/.test(n)).sort()
  const parts = named.map((name) => ({ name, first: Number(name.match(/\d+/)[0]), ...linesOf(read(join(dir, name))) }))
  const active = read(join(dir, 'security.log'))
  return active ? [...parts, { name: 'security.log', ...linesOf(active) }] : parts
}

// groups spells a number as tiles do: x001/x234/067.
function groups(n) {
  const digits = String(n).padStart(Math.ceil(String(n).length / 3) * 3, '0')
  return digits.match(/\d{3}/g).map((g, i, all) => (i < all.length - 1 ? 'x' : '') + g).join('/')
}

// widest finds a tile, full or as wide as it is there.
function widest(base) {
  const full = read(base)
  if (full && !statSync(base).isDirectory()) return full
  const part = existsSync(base + '.p') ? readdirSync(base + '.p').map(Number).sort((a, b) => b - a)[0] : undefined
  return part === undefined ? undefined : read(join(base + '.p', String(part)))
}

// tilesOf reads the tiles of a directory: the widest of each place.
function tilesOf(dir) {
  const tiles = new Map()
  for (const path of readdirSync(join(dir, 'tile'), { recursive: true }).sort()) {
    const found = /^(\d+)\/((?:x\d{3}\/)*\d{3})(?:\.p\/\d+)?$/.exec(path)
    if (!found || statSync(join(dir, 'tile', path)).isDirectory()) continue
    const bytes = read(join(dir, 'tile', path))
    const hashes = Array.from({ length: Math.floor(bytes.length / 32) }, (_, i) => bytes.subarray(32 * i, 32 * i + 32))
    const [level, index] = [Number(found[1]), Number(found[2].replaceAll(/[x/]/g, ''))]
    if (hashes.length > (tiles.get(`${level}/${index}`)?.hashes.length ?? 0)) tiles.set(`${level}/${index}`, { level, index, hashes })
  }
  return [...tiles.values()]
}

// firstBundle is the number of the first bundle that is there: those before it
// may be pruned.
function firstBundle(under) {
  const names = existsSync(under) ? readdirSync(under, { recursive: true }) : []
  const numbers = names.filter((n) => /^(x\d{3}\/)*\d{3}$/.test(n.replace(/\.p$/, ''))).map((n) => Number(n.replaceAll(/[x/]|\.p$/g, '')))
  return numbers.length ? Math.min(...numbers) : 0
}

// bundles reads lines out of entry bundles, each behind its length. What was left
// of the one before the first may lie in a file.
function bundles(dir) {
  const parts = []
  const first = firstBundle(join(dir, 'tile', 'entries'))
  const rest = read(join(dir, `security-before-${String(first * 256).padStart(12, '0')}.log`))
  if (rest) parts.push({ name: 'rest', ...linesOf(rest) })
  for (let index = first; ; index++) {
    const bytes = widest(join(dir, 'tile', 'entries', groups(index)))
    if (!bytes) return parts
    const lines = []
    for (let at = 0; at + 2 <= bytes.length; ) {
      const end = at + 2 + bytes[at] * 256 + bytes[at + 1]
      lines.push(bytes.subarray(at + 2, end))
      at = end
    }
    parts.push({ name: `bundle ${index}`, bundle: true, lines, cut: false })
  }
}

// keptOf reads what --against names: checkpoints, or lines that carry them.
function keptOf(path, dir) {
  const elsewhere = !within(path, dir)
  if (existsSync(path) && statSync(path).isDirectory()) {
    return readdirSync(path).filter((n) => n.startsWith('checkpoint')).sort().map((n) => ({ bytes: read(join(path, n)), elsewhere }))
  }
  const bytes = read(path) ?? new Uint8Array()
  if (bytes[0] !== 123) return [{ bytes, elsewhere }]
  return linesOf(bytes).lines.map((l) => JSON.parse(new TextDecoder().decode(l)))
    .filter((l) => l.event === 'log_checkpoint').map((l) => ({ bytes: carried(l.data), elsewhere }))
}

// gather reads everything that a trial needs.
export async function gather(args, now) {
  const said = readArgs(args)
  const dirs = said.paths.map((p) => (statSync(p).isDirectory() ? p : dirname(p)))
  const [dir] = dirs
  const tiled = dirs.find((d) => existsSync(join(d, 'tile')))
  const parts = existsSync(join(dir, 'security.log')) || readdirSync(dir).some((n) => /^security-\d+\.log$/.test(n)) ? segments(dir) : bundles(dir)
  const lying = (name) => dirs.map((d) => join(d, name)).find(existsSync) // what one place lacks, another has
  const policy = await policyOf(said.policy)
  let keys = [...(await Promise.all(said.keys.map((k) => keysOf(k, dir)))).flat(), ...(policy?.logs ?? [])]
  const pub = lying('log.pub')
  if (!keys.length && pub) keys = await keysOf(pub, dirname(pub))
  return {
    parts, nothing: parts.length === 0, tiles: tiled && tilesOf(tiled), keys, policy, now,
    checkpoint: read(said.checkpoint ?? lying('checkpoint') ?? ''), kept: said.against.flatMap((p) => keptOf(p, dir)),
    allowUnsigned: said.allowUnsigned ?? false, require: said.require,
  }
}

// gatherProof reads what a proof file's trial needs.
export async function gatherProof(args) {
  const said = readArgs(args)
  const [file] = said.paths
  const keys = (await Promise.all(said.keys.map((k) => keysOf(k, dirname(file))))).flat()
  return { file: read(file), keys }
}
