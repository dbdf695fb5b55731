import AdminAPI
import XDS

/// A snapshot as it is pushed: `{"resources": [{"@type": …, …}]}`.
enum SnapshotDocument {
    /// What is wrong with a document, all of it.
    struct Problems: Error {
        var refusal: SnapshotRefusal

        init(_ errors: [String]) {
            refusal = SnapshotRefusal(errors: errors)
        }
    }

    /// What stands in place of a secret where one was left out.
    private static let redacted = "\"[redacted]\""

    /// The resources of a document.
    ///
    /// - Throws: ``Problems``.
    static func resources(_ json: [UInt8]) throws(Problems) -> [EncodedResource] {
        if json.firstRange(of: redacted.utf8) != nil {
            throw Problems([
                "resources: \(redacted) stands where a secret was left out; put the secret in its "
                    + "place, or name a file that the proxy reads"
            ])
        }
        do {
            return try snapshotResources(json: json)
        } catch {
            throw Problems(error.errors.map(\.description))
        }
    }
}
