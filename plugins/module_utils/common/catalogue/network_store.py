"""E166x to E167x: the store of device configs."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E1660": Entry(
        "config-store-held",
        "設定の保管庫はほかの実行が使用中です（実行 {run}、{host} のプロセス {pid}、{since} から）",
        "another run holds the config store (run {run}, process {pid} on {host}, since {since})",
        "その実行の終了を待って、もう一度実行してください。何も保存していません",
        "wait until it has ended and run again; nothing was stored",
    ),
    "E1661": Entry(
        "config-store-moved",
        "設定の保管庫が実行中に別の手段で更新されました",
        "the config store's branch was moved by something else during the run",
        "configs.git に直接書き込んだ人・仕組みを確認し、もう一度実行してください。この実行の分は保存していません",
        "find out who writes to configs.git directly, and run again; nothing of this run was stored",
    ),
    "E1662": Entry(
        "config-store-no-room",
        "設定の保管庫に書き込めません：{reason}",
        "the config store cannot be written: {reason}",
        "空き容量・割当・権限を確認して、もう一度実行してください。以前の状態はそのまま残っています",
        "look at free space, quota and permissions, and run again; what was there before is untouched",
    ),
    "E1663": Entry(
        "config-store-git",
        "設定の保管庫で git {command} が失敗しました：{reason}",
        "git {command} failed in the config store: {reason}",
        "wardops configs verify で壊れた箇所を調べ、必要なら保管庫をバックアップから戻してください",
        "look for damage with wardops configs verify; restore the store from its own backup if need be",
    ),
    "E1664": Entry(
        "config-not-taken",
        "保管庫に入れられない設定です：{reason_ja}",
        "the store does not take this config: {reason}",
        "台帳の機器名・拠点名を確認してください。この機器だけ保存を見送りました",
        "look at the device's and site's names in the ledgers; only this one was left out",
    ),
    "E1665": Entry(
        "config-index-damaged",
        "設定の保管庫の索引が壊れています",
        "an index of the config store is damaged",
        "configs.git に直接書き込んだ人がいないか確認し、正しいコミットへ戻してください（git log、git update-ref）",
        "find out who wrote to configs.git directly, and go back to a good commit (git log, git update-ref)",
    ),
    "E1666": Entry(
        "config-recipients",
        "設定の完全な写しを暗号化する公開鍵が正しくありません：{reason_ja}",
        "the public keys that full copies are encrypted to are not right: {reason}",
        "インベントリの network_config_recipients に age の公開鍵（age1…）を運用用と金庫保管用の 2 本以上書いてください",
        "write age public keys (age1…) into network_config_recipients: one for operations, one for the safe deposit",
    ),
    "E1667": Entry(
        "config-identity-file",
        "設定の完全な写しを開く秘密鍵が使えません：{reason_ja}",
        "the secret key that opens full copies cannot be used: {reason}",
        "age-keygen で作った秘密鍵のファイル（所有者だけが読める）を指定してください",
        "give a file made by age-keygen that only its owner may read",
    ),
    "E1668": Entry(
        "config-copy-unusable",
        "設定の完全な写しが使えません：{reason_ja}",
        "a full copy cannot be used: {reason}",
        "失われた写しは次の夜間取得で作り直されます。以前の版は wardops configs log で探してください",
        "the next night makes a lost copy anew; look for other versions with wardops configs log",
    ),
    "E1669": Entry(
        "config-status-damaged",
        "取得状況のファイルが壊れています（{reason}）",
        "the status file is damaged ({reason})",
        "ファイルを別名にして、もう一度取得してください。設定そのものは configs.git にあり、失われていません",
        "move it aside and run the backup again; the configs themselves are in configs.git and not lost",
    ),
    "E1670": Entry(
        "config-store-shared",
        "設定の保管庫のフォルダをほかの利用者が読み書きできます（モード {mode}、所有者 {owner}）",
        "others may read or write the config store's folder (mode {mode}, owner {owner})",
        "取得を行う利用者の所有とし、chmod 700 にしてください",
        "make it belong to the account that runs the backup, with chmod 700",
    ),
    "E1671": Entry(
        "config-store-missing",
        "ここに設定の保管庫がありません",
        "there is no config store here",
        "--store か、インベントリの network_config_store を確認してください。一度も取得していなければ、先に取得してください",
        "look at --store or network_config_store; if there was no backup yet, run one first",
    ),
    "E1672": Entry(
        "config-revision-unknown",
        "「{revision}」という実行・コミット・日付の状態は保管庫にありません",
        "the store knows no run, commit or day {revision}",
        "wardops configs log 機器名 で確認してください",
        "look at wardops configs log DEVICE",
    ),
    "E1673": Entry(
        "config-not-stored",
        "機器 {device} の {command} は、その時点の保管庫にありません",
        "the store held no {command} of {device} then",
        "wardops configs list で機器名と取得状況を確認してください",
        "look at the device's name and status with wardops configs list",
    ),
    "E1674": Entry(
        "config-approval-unfit",
        "承認できません：{reason_ja}",
        "this cannot be approved: {reason}",
        "承認する機器、チケット、役割を指定してください。全機器を承認するときは --all に台数を付けます",
        "name devices, ticket and role; to approve all of them, give their number with --all",
    ),
    "E1675": Entry(
        "config-store-inconsistent",
        "設定の保管庫に食い違いがあります：{reason_ja}",
        "the config store does not agree with itself: {reason}",
        "configs.git と full/ に直接触れた人・仕組みがないか確認してください。写しの欠落は次の夜間取得で直ります",
        "find out who touched configs.git or full/; a missing copy is made anew by the next night",
    ),
    "E1676": Entry(
        "config-copy-differs",
        "完全な写しと保管された設定が一致しません：{reason_ja}",
        "a full copy and the stored text differ: {reason}",
        "秘匿用の鍵かプラットフォーム定義が変わったなら、次の夜間取得の後にもう一度確認してください",
        "if the masking key or the platform file has changed, verify again after the next night",
    ),
    "E1677": Entry(
        "config-device-in-ledger",
        "機器 {device} は台帳にあります。保管庫から外せません",
        "device {device} is in the ledger: it cannot be taken out of the store",
        "廃止なら先に台帳を直し、取得を一度行ってから外してください",
        "if it is out of use, mend the ledger first and run a backup, then take it out",
    ),
}
