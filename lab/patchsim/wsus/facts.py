"""Operations of MS-WSUSAR: the request's elements in order with their types, and the kind of result. Written from the specification alone,
without a look at the client, so that the two can disagree.
"""

from __future__ import annotations

from typing import Literal

NAMESPACE = "http://www.microsoft.com/SoftwareDistribution/Server/ApiRemotingWebService"
GUID_NAMESPACE = "http://microsoft.com/wsdl/types/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
PATH = "/ApiRemoting30/WebService.asmx"
EMPTY_GUID = "00000000-0000-0000-0000-000000000000"
#: what .NET has for a value that is not there
MINIMUM_TIME = "0001-01-01T00:00:00"
NO_DEADLINE = "9999-12-31T23:59:59.9999999"
ANY = 2147483647

Kind = Literal["string", "guid", "int", "bool", "dateTime", "revision"]
Result = Literal["row", "rows", "rowsets", "updates", "element", "elements", "int", "bool", "string", "none"]
_SCOPED: tuple[tuple[str, Kind], ...] = (("updateScopeXml", "string"), ("preferredCulture", "string"), ("publicationState", "int"))
_MEMBER: tuple[tuple[str, Kind], ...] = (("targetGroupId", "guid"), ("computerId", "string"))
_REVISION: tuple[tuple[str, Kind], ...] = (("preferredCulture", "string"), ("id", "revision"))

OPERATIONS: dict[str, tuple[tuple[tuple[str, Kind], ...], Result]] = {
    "Ping": ((("pingLevel", "int"),), "none"),
    "GetServerVersion": ((), "string"),
    "GetServerProtocolVersion": ((), "string"),
    "GetCurrentUserRole": ((), "int"),
    "ExecuteSPGetConfiguration": ((), "element"),
    "GetSubscription": ((), "element"),
    "GetSubscriptionState": ((), "int"),
    "GetServerSyncProgress": ((), "rows"),
    "GetAutomaticUpdateApprovalRules": ((("preferredCulture", "string"),), "elements"),
    "ExecuteSPGetAllTargetGroups": ((), "rows"),
    "ExecuteSPGetTargetGroupById": ((("id", "guid"),), "row"),
    "ExecuteSPGetTargetGroupsForComputer": ((("computerId", "string"),), "rows"),
    "ExecuteSPCreateTargetGroup1": ((("name", "string"), ("parentGroupId", "guid")), "row"),
    "ExecuteSPDeleteTargetGroup": ((("id", "guid"), ("adminName", "string"), ("failIfReplica", "bool")), "none"),
    "ExecuteSPAddComputerToTargetGroupAllowMultipleGroups": (_MEMBER, "none"),
    "ExecuteSPRemoveComputerFromTargetGroup": (_MEMBER, "none"),
    "ExecuteSPSearchComputers": ((("computerTargetScopeXml", "string"),), "rowsets"),
    "ExecuteSPGetAllComputers": ((), "rowsets"),
    "ExecuteSPGetComputersInTargetGroup": ((("targetGroupId", "guid"), ("includeSubgroups", "bool")), "rowsets"),
    "ExecuteSPGetComputerCount": ((("computerTargetScopeXml", "string"),), "int"),
    "ExecuteSPDeleteComputer": ((("id", "string"),), "none"),
    "ExecuteSPSearchUpdates": (_SCOPED, "updates"),
    "ExecuteSPGetUpdateById": (_REVISION, "updates"),
    "ExecuteSPGetRevisions": ((("preferredCulture", "string"), ("updateId", "guid")), "updates"),
    "ExecuteSPGetUpdateCount": (_SCOPED, "int"),
    "ExecuteSPGetUpdatesSupersededByUpdate": (_REVISION, "updates"),
    "ExecuteSPGetUpdatesThatSupersedeUpdate": (_REVISION, "updates"),
    "ExecuteSPGetCategories": (
        (
            ("preferredCulture", "string"),
            ("retrieveUpdateClassifications", "bool"),
            ("fromSyncDate", "dateTime"),
            ("toSyncDate", "dateTime"),
        ),
        "rows",
    ),
    "ExecuteSPGetDeployments": (_SCOPED, "rows"),
    "ExecuteSPGetDeploymentsByUpdate1": ((("id", "revision"),), "rows"),
    "ExecuteSPGetDeploymentsByUpdate2": ((("id", "revision"), ("targetGroupId", "guid")), "rows"),
    "ExecuteSPGetDeploymentById": ((("deploymentId", "guid"),), "row"),
    "ExecuteSPDeployUpdate1": (
        (
            ("updateId", "revision"),
            ("deploymentAction", "int"),
            ("targetGroupId", "guid"),
            ("deadline", "dateTime"),
            ("adminName", "string"),
            ("isAssigned", "bool"),
        ),
        "row",
    ),
    "ExecuteSPDeleteDeployment": ((("id", "guid"), ("adminName", "string")), "none"),
    "ExecuteSPDeclineUpdate": ((("updateId", "guid"), ("adminName", "string"), ("failIfReplica", "bool")), "none"),
    "ExecuteSPAcceptEula": ((("eulaId", "guid"), ("adminName", "string"), ("updateId", "revision")), "none"),
    "ExecuteSPGetUpdateInstallationInfoForTargetGroup": (
        (("updateId", "guid"), ("targetGroupId", "guid"), ("includeSubgroups", "bool")),
        "rows",
    ),
    "ExecuteSPGetUpdateInstallationInfoForUpdate": ((("updateId", "guid"), ("computerTargetScopeXml", "string")), "rows"),
    "ExecuteSPGetTargetGroupSummariesForUpdate": ((("updateId", "guid"), ("includeSubgroups", "bool")), "rows"),
}
