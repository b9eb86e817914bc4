package session

// Statements are all of this room's, for the test that prepares them.
var Statements = []string{
	sqlFind, sqlInsert, sqlInsertToken, sqlLive, sqlRotate, sqlStep, sqlSeen, sqlEnd, sqlOpen, sqlOthers, sqlLately,
	sqlOver, sqlAnyOver, sqlAnyOld, sqlPurgeTokens, sqlPurge,
}
