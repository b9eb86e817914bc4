// Takes a picture of every page in both colours and at three widths.
//
//   node test/browser/screenshots.mjs DIRECTORY
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { schemes, widths } from './axe.mjs'
import { closeBrowser, serve, visit } from './kit.mjs'
import { administer } from './administer.mjs'
import { factorTour } from './tour-factors.mjs'
import { tour } from './tour.mjs'

const to = process.argv[2] ?? 'bin/screenshots'
const undo = []
const t = { after: (f) => undo.unshift(f) }

async function picture(page, name) {
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 })
      await page.screenshot({ path: join(to, `${name}-${width}-${colorScheme}.png`), fullPage: true })
    }
  }
}

await mkdir(to, { recursive: true })
try {
  for (const [host, walk] of [['127.0.0.1', tour], ['localhost', factorTour], ['127.0.0.1', (page, look, coffer) => administer(page, coffer, look)]]) {
    const coffer = await serve(t, { host })
    const page = await visit(t, coffer)
    await walk(page, (name) => picture(page, name), coffer)
  }
} finally {
  for (const f of undo) await f()
  await closeBrowser()
}
