// The log as a test reads it: each step says exactly which lines it wrote.
import assert from 'node:assert/strict'
import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'

export class SecurityLog {
  #file
  #seen = 0

  constructor(file) {
    this.#file = file
  }

  // #lines are those that people and programs caused. What the log writes about
  // itself at a full hour, or when nothing happened, is no step's doing.
  async #lines() {
    const text = await readFile(this.#file, 'utf8').catch(() => '')
    const all = text.split('\n').slice(0, -1).map((line) => JSON.parse(line)) // what follows the last newline is not written yet
    all.forEach((line, i) => assert.equal(line.seq, i, 'seq counts up from 0'))
    return all.filter((line) => !['log_checkpoint', 'log_heartbeat'].includes(line.event))
  }

  // #have waits until there are so many lines, or until nothing came for too long.
  async #have(count) {
    const signal = AbortSignal.timeout(5_000)
    const changes = watch(dirname(this.#file), { signal })
    let wake = () => {}
    changes.on('change', () => wake()).on('error', () => wake())
    try {
      for (;;) {
        const changed = new Promise((resolve) => (wake = resolve))
        signal.addEventListener('abort', wake)
        const lines = await this.#lines()
        if (lines.length >= count || signal.aborted) return lines
        await changed
      }
    } finally {
      changes.close()
    }
  }

  // next demands that the lines since the last look are these events and no
  // others. A line that comes later than this look is seen by the next one.
  async next(...events) {
    const lines = await this.#have(this.#seen + events.length)
    const fresh = lines.slice(this.#seen)
    assert.deepEqual(fresh.map((line) => line.event), events, 'events in security.log')
    this.#seen = lines.length
    return fresh
  }
}
