// Signing in with a passkey: by the button, or from what the browser offers in
// the name's field before anything is pressed (conditional UI).
import { able, ask, sign, stop, words } from './passkey.js'
import { saying } from './say.js'
import { wayOut } from './sign.js'

// fresh is a little less than how long the server waits for an answer, in ms.
const fresh = 280_000

const question = () => ask('/login/passkey/begin')

async function comeIn(form, answer) {
  const next = form.elements.next?.value
  const found = await ask('/login/passkey/finish', next ? { ...answer, next } : answer)
  location.assign(found.next)
}

// offering keeps an offer open in the name's field. A question that nobody
// answered in time is asked anew, quietly; nothing of this may disturb whoever
// types a password.
function offering(form, place) {
  let asked = Promise.resolve()
  let since = 0
  let timer
  const offer = async () => {
    clearTimeout(timer)
    let picked = false
    try {
      asked = question()
      const options = await asked
      since = Date.now()
      timer = setTimeout(offer, fresh)
      const answer = await sign(options, 'conditional')
      picked = true
      clearTimeout(timer)
      place.work('Signing in …')
      await comeIn(form, answer)
    } catch (error) {
      if (!picked) return // ended on purpose, or there is nothing to offer
      place.free()
      place.say(words(error), wayOut(form, error))
      offer()
    }
  }
  // A machine that slept comes back with an old question.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && since && Date.now() - since > fresh && !place.busy()) offer()
  })
  addEventListener('pageshow', (e) => e.persisted && offer())
  offer()
  return {
    // end waits for a question under way, or its cookie would overtake the next.
    async end() {
      clearTimeout(timer)
      since = 0
      await asked.catch(() => {})
      stop()
    },
    offer,
  }
}

function pressing(form, place, offered) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (place.busy()) return
    place.work('Your passkey is asked …')
    try {
      await offered?.end()
      const answer = await sign(await question())
      place.say('Signing in …')
      await comeIn(form, answer)
    } catch (error) {
      place.free()
      place.say(words(error), wayOut(form, error))
      offered?.offer()
    }
  })
}

export async function signIn() {
  const form = document.querySelector('form[data-passkey-login]')
  if (!form || !able()) return
  const place = saying(form)
  const field = document.querySelector('input[autocomplete~="webauthn"]')
  const offers = field && await PublicKeyCredential.isConditionalMediationAvailable?.().catch(() => false)
  const offered = offers ? offering(form, place) : null
  pressing(form, place, offered)
  field?.form.addEventListener('submit', () => offered?.end())
}
