package event

//go:generate go test -run ^TestEventsDocument$ . -update

// All is the vocabulary, in the order of docs/EVENTS.md, whose headings are the
// comments below. What is listed here can be written; nothing else can.
var All = []*Kind{
	// Accounts.
	&userCreated, &signupFailed,
	&loginSucceeded, &loginSucceededAfterFail, &loginFailed,
	&loginFailedMax, &loginLocked, &loginUnlocked,
	&stepUpSucceeded, &stepUpFailed, &passwordChanged, &passwordChangeFailed, &roleChanged,
	&factorEnrolled, &factorRemoved, &factorFailed, &recoveryUsed, &sequenceFailed,
	&userReported, &userExported, &userErased,
	&userUpdated, &userArchived,
	// Sessions.
	&sessionCreated, &sessionRenewed, &loggedOut, &sessionExpired,
	&sessionUsedAfterEnd, &sessionsExceeded, &tokenReused,
	// Cards.
	&cardAdded, &cardViewed, &cardUpdated, &cardDeleted,
	// Refusals and attacks.
	&inputInvalid, &authzFailed, &directReference, &crossSite, &extraneous,
	&excess404, &policyViolated, &rateLimited,
	// Keys.
	&keyCreated, &decryptFailed, &encryptFailed,
	&keyDestroyed,
	// The system.
	&startup, &shutdown, &crash, &configChanged, &clockStepped, &diskLow, &diskRecovered,
	&monitorDisabled, &monitorEnabled,
	// The log itself.
	&logOpened, &logHeartbeat, &logRotated, &logCheckpoint, &logEpochStarted, &logPruned,
	&logFileAltered, &logRead, &logExported, &logWitnessed, &logVerified, &logVerifyFailed, &eventsAggregated,
	// Alerts.
	&alertAcknowledged,
	// Deliveries.
	&deliveryFailed, &deliveryRecovered,
}

var byName = func() map[string]*Kind {
	names := make(map[string]*Kind, len(All))
	for _, k := range All {
		names[k.Name] = k
	}
	return names
}()

// Find gives the kind of a wire name.
func Find(name string) (k *Kind, known bool) {
	k, known = byName[name]
	return k, known
}
