// What no corpus thought of: a log changed at random places in random ways. The
// two verifiers must agree, and neither may be content. The seed of a failure is
// printed, and VERIFY_SEED runs it again.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { judgeLog } from '../../internal/web/assets/js/verify/log.js'
import { gather } from './files.mjs'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'coffer-random-'))
after(() => rmSync(dir, { recursive: true }))
await run('go', ['run', './internal/apptest/forge/corpus', '-dir', dir, '-lines', '1000'], { cwd: root })
const good = join(dir, 'good/copy')
const key = join(dir, 'keep/log.pub')
const now = Date.parse(JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')).made) / 1000

// chance gives numbers that a seed decides (a linear congruential generator).
function chance(seed) {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

// ways change the bytes of a file, or give them back unchanged.
const ways = [
  (b, pick) => ((b[pick(b.length)] ^= 1 << pick(8)), b),
  (b, pick) => ((b[pick(b.length)] = [10, 13, 0, 34, 123, 255][pick(6)]), b),
  (b, pick) => b.subarray(0, pick(b.length)),
  (b, pick) => b.subarray(pick(b.length)),
  (b, pick) => Buffer.concat([b, b.subarray(pick(b.length))]),
  (b, pick) => ((at) => Buffer.concat([b.subarray(0, at), b.subarray(at + 1 + pick(400))]))(pick(b.length)),
  (b, pick) => ((at) => Buffer.concat([b.subarray(0, at), Buffer.from('{"seq":7,'), b.subarray(at)]))(pick(b.length)),
  (b, pick) => ((lines, i, j) => (([lines[i], lines[j]] = [lines[j], lines[i]]), Buffer.from(lines.join('\n'))))(b.toString().split('\n'), pick(9), pick(9)),
]

const [from, rounds] = process.env.VERIFY_SEED ? [Number(process.env.VERIFY_SEED), 1] : [1, 40]

test('two verifiers agree on logs changed at random', async () => {
  const names = readdirSync(good).filter((n) => n !== 'log.pub')
  for (let seed = from; seed < from + rounds; seed++) {
    const pick = chance(seed)
    const copy = join(dir, `copy-${seed}`)
    cpSync(good, copy, { recursive: true })
    const name = names[pick(names.length)]
    const before = readFileSync(join(copy, name))
    const changed = Buffer.from(ways[pick(ways.length)](Buffer.from(before), pick))
    if (changed.equals(before)) continue
    writeFileSync(join(copy, name), changed)
    const args = ['--key', key, copy]
    const here = await judgeLog(await gather(args, now))
    const { code = 0, stdout } = await run(join(root, 'bin/coffer-verify'), ['--json', ...args]).catch((e) => e)
    assert.deepEqual({ exit: here.exit, verdict: here.verdict }, { exit: code, verdict: JSON.parse(stdout).verdict }, `seed ${seed}, ${name}: in JavaScript ${here.why}; there ${stdout}`)
    assert.notEqual(code, 0, `seed ${seed}: a changed ${name} is accepted`)
    rmSync(copy, { recursive: true })
  }
})
