# One request to the WSUS on this machine, through Microsoft's administration API. Runs over PowerShell remoting (powershell.py).
# The request is data: one JSON text in, one JSON text out. Nothing of it is ever made into code. 要実機確認: never ran on a real server here.
param([Parameter(Mandatory = $true)][string]$Request)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

function Format-Moment($Value) {
    if ($null -eq $Value) { return $null }
    $utc = [DateTime]::SpecifyKind([DateTime]$Value, [DateTimeKind]::Utc)
    return $utc.ToString("yyyy-MM-dd'T'HH:mm:ss'.'fff'Z'", [Globalization.CultureInfo]::InvariantCulture)
}

function ConvertTo-Moment($Text) {
    $style = [Globalization.DateTimeStyles]::AdjustToUniversal
    return [DateTime]::Parse($Text, [Globalization.CultureInfo]::InvariantCulture, $style)
}

function Get-Revision($Words) {
    $id = New-Object -TypeName Microsoft.UpdateServices.Administration.UpdateRevisionId -ArgumentList ([Guid]$Words.guid), ([int]$Words.revision)
    return $server.GetUpdate($id)
}

function Get-Everyone {
    $scope = New-Object -TypeName Microsoft.UpdateServices.Administration.ComputerTargetScope
    $scope.IncludeDownstreamComputerTargets = $false
    return $scope
}

function Format-Approval($Approval) {
    return @{
        id = $Approval.Id.ToString()
        update = $Approval.UpdateId.UpdateId.ToString()
        revision = $Approval.UpdateId.RevisionNumber
        group = $Approval.ComputerTargetGroupId.ToString()
        action = $Approval.Action.ToString()
        deadline = Format-Moment $Approval.Deadline
        administrator = $Approval.AdministratorName
        time = Format-Moment $Approval.CreationDate
    }
}

function Format-Update($Update, $Supersedence) {
    $replaced = @()
    if ($Supersedence -and $Update.HasSupersededUpdates) {
        $relation = [Microsoft.UpdateServices.Administration.UpdateRelationship]::UpdatesSupersededByThisUpdate
        $replaced = @($Update.GetRelatedUpdates($relation) | ForEach-Object { $_.Id.UpdateId.ToString() })
    }
    return @{
        id = $Update.Id.UpdateId.ToString()
        revision = $Update.Id.RevisionNumber
        title = $Update.Title
        kbs = @($Update.KnowledgebaseArticles)
        classification = $Update.UpdateClassificationTitle
        classification_id = $Update.GetUpdateClassification().Id.ToString()
        products = @($Update.ProductTitles)
        severity = $Update.MsrcSeverity.ToString()
        released = Format-Moment $Update.CreationDate
        arrived = Format-Moment $Update.ArrivalDate
        superseded = $Update.IsSuperseded
        declined = $Update.IsDeclined
        expired = ($Update.PublicationState.ToString() -eq 'Expired')
        eula = $Update.RequiresLicenseAgreementAcceptance
        asks_user = $Update.InstallationBehavior.CanRequestUserInput
        uninstallable = $Update.UninstallationBehavior.IsSupported
        supersedes = $replaced
    }
}

function Get-Information {
    $configuration = $server.GetConfiguration()
    $last = $server.GetSubscription().GetLastSynchronizationInfo()
    $synchronised = $null
    if ($null -ne $last) { $synchronised = Format-Moment $last.EndTime } # a server that never synchronised has none
    return @{
        version = $server.Version.ToString()
        protocol = $server.ServerProtocolVersion.ToString()
        role = $server.GetCurrentUserRole().ToString()
        replica = $configuration.IsReplicaServer
        rules = @($server.GetInstallApprovalRules() | Where-Object { $_.Enabled } | ForEach-Object { $_.Name })
        synchronised = $synchronised
        server_side_targeting = ($configuration.TargetingMode.ToString() -eq 'Server')
    }
}

function Get-Group($Group) {
    $parent = $null
    if ($Group.Id.ToString() -ne 'a0a08746-4dbe-4a37-9adf-9e7652c0b421') { $parent = $Group.GetParentTargetGroup().Id.ToString() }
    return @{ id = $Group.Id.ToString(); name = $Group.Name; parent = $parent }
}

function Get-Computer($Computer) {
    return @{
        id = $Computer.Id
        name = $Computer.FullDomainName
        groups = @($Computer.ComputerTargetGroupIds | ForEach-Object { $_.ToString() })
        requested = $Computer.RequestedTargetGroupName
        last_sync = Format-Moment $Computer.LastSyncTime
        last_report = Format-Moment $Computer.LastReportedStatusTime
        os = $Computer.OSDescription
    }
}

function Get-State($Guid) {
    $update = $server.GetUpdate([Guid]$Guid)
    foreach ($one in $update.GetUpdateInstallationInfoPerComputerTarget((Get-Everyone))) {
        @{ update = $Guid; computer = $one.ComputerTargetId; state = $one.UpdateInstallationState.ToString() }
    }
}

function Add-Approval($Words) {
    $update = Get-Revision $Words
    $group = $server.GetComputerTargetGroup([Guid]$Words.group)
    $action = [Microsoft.UpdateServices.Administration.UpdateApprovalAction]::Install
    if ($Words.action -eq 'Uninstall') { $action = [Microsoft.UpdateServices.Administration.UpdateApprovalAction]::Uninstall }
    if ($null -eq $Words.deadline) { return Format-Approval $update.Approve($action, $group) }
    return Format-Approval $update.Approve($action, $group, (ConvertTo-Moment $Words.deadline))
}

function Invoke-Request($Words) {
    switch ($Words.operation) {
        'info' { return Get-Information }
        'groups' { return @($server.GetComputerTargetGroups() | ForEach-Object { Get-Group $_ }) }
        'computers' { return @($server.GetComputerTargets((Get-Everyone)) | ForEach-Object { Get-Computer $_ }) }
        'updates' { return @($server.GetUpdates() | ForEach-Object { Format-Update $_ $Words.supersedence }) }
        'approvals' {
            $scope = New-Object -TypeName Microsoft.UpdateServices.Administration.UpdateScope
            return @($server.GetUpdateApprovals($scope) | ForEach-Object { Format-Approval $_ })
        }
        'states' { return @($Words.updates | ForEach-Object { Get-State $_ }) }
        'add_group' {
            $parent = $server.GetComputerTargetGroup([Guid]$Words.parent)
            return Get-Group $server.CreateComputerTargetGroup($Words.name, $parent)
        }
        'remove_group' { $server.GetComputerTargetGroup([Guid]$Words.group).Delete() }
        'add_member' {
            $computer = $server.GetComputerTarget($Words.computer)
            $server.GetComputerTargetGroup([Guid]$Words.group).AddComputerTarget($computer)
        }
        'remove_member' {
            $computer = $server.GetComputerTarget($Words.computer)
            $server.GetComputerTargetGroup([Guid]$Words.group).RemoveComputerTarget($computer)
        }
        'accept_eula' { (Get-Revision $Words).AcceptLicenseAgreement() }
        'approve' { return Add-Approval $Words }
        'take_back' { $server.GetUpdateApproval([Guid]$Words.id).Delete() }
        'decline' { $server.GetUpdate([Guid]$Words.update).Decline() }
        default { throw "unknown operation $($Words.operation)" }
    }
    return $null
}

try {
    [void][Reflection.Assembly]::LoadWithPartialName('Microsoft.UpdateServices.Administration')
    $server = [Microsoft.UpdateServices.Administration.AdminProxy]::GetUpdateServer()
    $answer = @{ result = (Invoke-Request (ConvertFrom-Json -InputObject $Request)) }
} catch {
    $exception = $_.Exception
    while ($null -ne $exception.InnerException) { $exception = $exception.InnerException }
    $answer = @{ error = @{ type = $exception.GetType().FullName; message = $exception.Message } }
}
ConvertTo-Json -InputObject $answer -Depth 6 -Compress
