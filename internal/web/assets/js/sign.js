// One touch for one operation. A form that says which operation it is
// (data-sign-kind, data-sign-target) has the passkey sign for exactly that
// before it is sent. Only pages of whoever holds a passkey say so; without
// script, and where the browser has no passkeys, the server asks on /confirm.
//
// data-sign-else is the page to prove oneself on without a passkey, and
// data-sign-to leads there in place of sending the form.
import { able, ask, Refusal, sign, words } from './passkey.js'
import { saying } from './say.js'

// approve has the passkey sign. The effect has to follow within a minute.
export async function approve({ signKind, signTarget }) {
  const question = await ask('/confirm/passkey/begin', { kind: signKind, target: signTarget })
  await ask('/confirm/passkey/finish', await sign(question))
}

// wayOut is what is left to do where a passkey did not answer.
export function wayOut(form, error) {
  if (error instanceof Refusal && error.to) return { to: error.to, text: error.to.startsWith('/login?') ? 'Sign in' : 'Go on' }
  return form.dataset.signElse ? { to: form.dataset.signElse, text: 'Use a code instead.' } : null
}

function goOn(form) {
  if (form.dataset.signTo) location.assign(form.dataset.signTo)
  else form.submit() // which asks for no second signature
}

// pause is how long the button rests after a form was sent: what comes may be a
// file, which leaves the page where it is.
const pause = 3000

function signed(form) {
  const place = saying(form)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (place.busy()) return
    place.work('Your passkey is asked …')
    try {
      await approve(form.dataset)
      place.say('Signed.')
      goOn(form)
      setTimeout(place.free, pause)
    } catch (error) {
      place.free()
      place.say(words(error), wayOut(form, error))
    }
  })
}

export function signForms() {
  if (!able()) return
  document.querySelectorAll('form[data-sign-kind]:not([data-new-passkey])').forEach(signed)
}
