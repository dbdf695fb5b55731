import AdminAPI
import Discovery
import NIOHTTP1
import XDS

extension SnapshotPages {
    /// Takes a snapshot, or says all that is wrong with it.
    func put(_ body: [UInt8], _ group: ProxyGroup) -> AdminPage {
        if pushed.isTranslated(group) { return taken(group) }
        let resources: [EncodedResource]
        do {
            resources = try SnapshotDocument.resources(body)
        } catch {
            return AdminPage(.badRequest, encoding: error.refusal)
        }
        let snapshot = Snapshot(resources)
        guard pushed.push(snapshot, to: group) else { return taken(group) }
        let warnings = snapshot.inconsistencies().map(\.description)
        return AdminPage(encoding: SnapshotReceipt(resources: snapshot.counts, warnings: warnings))
    }
}
