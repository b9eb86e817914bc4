package proof

import "slices"

// remarks says beside the verdict what it leaves open.
func (t *trial) remarks() {
	r := t.r
	say := func(sentence string) { r.Notes = append(r.Notes, sentence) }
	for _, s := range r.Unread {
		it := "them"
		if s.size() == 1 {
			it = "it"
		}
		say(s.named() + " " + wasWere(s.size()) + " not read: the hash tiles prove " + it + ", but retention cut through the bundle. " +
			"The server should still have " + it + "; coffer log export writes " + it + " beside the bundles.")
	}
	t.person(say)
	if t.unkeyed() {
		say("the public key came from the server itself, so what the log was before you first looked only the server says. " +
			"Get the key by another way, and give it with --key.")
	}
	if t.still && len(r.Findings) == 0 {
		say("nothing is new: the log still ends where it did, with " + lines(r.Size))
	}
}

// since is the time of the first look, for whoever has no key from elsewhere:
// only since then is it known that nothing was rewritten.
func (t *trial) since() string {
	switch {
	case !t.unkeyed():
		return ""
	case t.Begin.IsZero():
		return ", since you first looked"
	}
	return ", since you first looked on " + t.Begin.UTC().Format("2006-01-02")
}

// unkeyed reports whether all that ties the log down is what was seen of it
// before: the key came from the same server.
func (t *trial) unkeyed() (yes bool) {
	return t.HashesOnly && len(t.r.Anchors) > 0 && !t.r.Witnesses.Met && !slices.ContainsFunc(t.Keys, func(k Key) bool { return k.Elsewhere })
}
