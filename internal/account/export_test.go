package account

import (
	"context"

	"coffer/internal/session"
)

// Statements are all of this room's, for the test that prepares them.
var Statements = []string{
	sqlInsertAccount, sqlInsertCredential, sqlNameHolder, sqlByName, sqlByID,
	sqlFamiliar, sqlUsed, sqlForgetUsed, sqlReport, sqlReported, sqlLockCards, sqlShowCards, sqlCardsLocked,
	sqlPortrait, sqlFactors, sqlPlaces, sqlHeld, sqlDropCredentials, sqlDropFamiliar, sqlDropReported, sqlDropAccount,
	sqlFailures, sqlFailed, sqlAttempt, sqlCameIn, sqlRehash, sqlDropCredential, sqlPassword,
}

// AdmitAfterChange is what becomes of a login whose password was right when it
// was checked, and changed before the session could start.
func (s *Service) AdmitAfterChange(ctx context.Context, account string) (outdated bool) {
	_, err := s.judge(ctx, attempt{who: known{person: person{id: account}, credential: "f_replaced"}, match: true})
	return err == errOutdated
}

// ChangeAfterChange is what becomes of a change whose present password was right
// when it was looked at, and replaced before the transaction.
func (s *Service) ChangeAfterChange(ctx context.Context, who session.Session) (outdated bool) {
	_, err := s.judgeChange(ctx, change{who: who, credential: "f_replaced", phc: "x", match: true})
	return err == errOutdated
}
