package account

import "context"

// Statements are all of this room's, for the test that prepares them.
var Statements = []string{
	sqlInsertAccount, sqlInsertCredential, sqlNameHolder, sqlByName, sqlByID,
	sqlFailures, sqlFailed, sqlAttempt, sqlCameIn, sqlRehash,
}

// AdmitAfterChange is what becomes of a login whose password was right when it
// was checked, and changed before the session could start.
func (s *Service) AdmitAfterChange(ctx context.Context, account string) (outdated bool) {
	_, err := s.admit(ctx, known{person: person{id: account}, credential: "f_replaced"}, "")
	return err == errOutdated
}
