// Adding a passkey: whoever holds one already signs with it first.
import { able, ask, make, words } from './passkey.js'
import { saying } from './say.js'
import { approve, wayOut } from './sign.js'

// signatureLasts is a little less than the server allows, in milliseconds.
const signatureLasts = 50_000

function adding(form) {
  const place = saying(form)
  let signedAt = -Infinity
  const add = async () => {
    if (form.dataset.signKind && performance.now() - signedAt > signatureLasts) {
      place.work('First, a passkey that you have signs for it …')
      await approve(form.dataset)
      signedAt = performance.now()
    }
    place.work('Now the new passkey is made …')
    // A browser that wants the button pressed for each of the two gets it: what
    // was signed still counts then.
    const made = await make(await ask('/settings/passkeys/begin'))
    const { next } = await ask('/settings/passkeys/finish', { ...made, name: form.elements.passkey_name.value })
    place.say('Added.')
    location.assign(next)
  }
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (place.busy()) return
    try {
      await add()
    } catch (error) {
      place.free()
      place.say(words(error), wayOut(form, error))
    }
  })
}

export function newPasskeys() {
  const form = document.querySelector('form[data-new-passkey]')
  if (form && able()) adding(form)
}
