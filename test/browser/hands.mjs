// Two ways to use a page: with the mouse, and by keyboard alone.
import assert from 'node:assert/strict'

const focused = (element) => element === document.activeElement

// visibleFocus says whether whoever looks can tell where the focus is.
function visibleFocus(element) {
  const looks = (e) => {
    const s = getComputedStyle(e)
    return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none'
  }
  return looks(element) || looks(element.parentElement)
}

export const mouse = {
  name: 'mouse',
  async type(page, field, text) {
    await page.locator(`[name="${field}"]`).fill(text)
  },
  async use(page, target) {
    await target.click()
  },
}

export const keyboard = {
  name: 'keyboard',
  async type(page, field, text) {
    await tabTo(page, page.locator(`[name="${field}"]`))
    await page.keyboard.press('Control+A')
    await page.keyboard.type(text)
  },
  async use(page, target) {
    await tabTo(page, target)
    await page.keyboard.press('Enter')
  },
}

// tabTo walks the page with Tab, as far as it goes round once.
async function tabTo(page, target) {
  for (let step = 0; step < 60; step++) {
    if (await target.evaluate(focused)) {
      assert.ok(await target.evaluate(visibleFocus), `the focus shows on ${target}`)
      return
    }
    await page.keyboard.press('Tab')
  }
  assert.fail(`Tab does not reach ${target}`)
}
