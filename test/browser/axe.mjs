// A page as everyone may see it: in both colours, at three widths, by the rules
// that a program can check.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const widths = [390, 820, 1440]
export const schemes = ['light', 'dark']

const told = (v) => `${v.id}: ${v.help}\n${v.nodes.map((n) => `  ${n.html.slice(0, 160)}\n  ${n.failureSummary.split('\n').at(-1)}`).join('\n')}`

// audit demands that axe finds nothing and that nothing is cut off.
export async function audit(page, name) {
  await page.evaluate(source) // by the debugger's way in, so that the policy stays in force
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 })
      const { violations, overflow } = await page.evaluate(async () => ({
        violations: (await window.axe.run(document, { resultTypes: ['violations'] })).violations,
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      }))
      assert.equal(violations.length, 0, `${name}, ${colorScheme}, ${width} px:\n${violations.map(told).join('\n')}`)
      assert.ok(overflow <= 0, `${name}, ${width} px: the page is ${overflow} px wider than the window`)
    }
  }
}
