// A person's pages leave the screen with their session, in every tab: at
// sign-out, and when nothing was asked for as long as the server lets a session
// rest. Where the server cannot be reached then, the browser's own page replaces
// ours just as well.
const idle = 30 * 60 * 1000 // session.Idle; a test compares them

export function leaveTogether() {
  const tabs = new BroadcastChannel('coffer')
  // Only who is signed out sees this page.
  if (location.pathname === '/login') return tabs.postMessage('out')
  if (!document.querySelector('form[action="/logout"]')) return
  const leave = () => location.replace('/')
  let timer = setTimeout(leave, idle)
  tabs.addEventListener('message', ({ data }) => {
    if (data === 'out') return leave()
    clearTimeout(timer)
    timer = setTimeout(leave, idle)
  })
  tabs.postMessage('in')
}
