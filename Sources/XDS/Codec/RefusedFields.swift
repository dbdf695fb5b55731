internal import CEnvoyAPI

// proto/ has more fields than the values: a person's own resources are served and printed whole.
// What a value cannot say and what changes its meaning must not be skipped when it is read.

/// Throws when a message has a field that changes what the rest means and that its value lacks.
///
/// - Parameter message: A struct of protobuf-c's.
/// - Parameter names: The fields that do, by number.
func refuse<CMessage>(
    _ message: CMessage, _ names: KeyValuePairs<UInt32, String>
) throws(XDSError) {
    let present = firstPresentField(of: message) { number in
        names.contains { $0.key == number }
    }
    guard let present else { return }
    throw .unsupported(names.first { $0.key == present.number }?.value ?? present.name)
}

/// Throws when a message has any other field than those its value reads: each field of a matcher
/// narrows what it matches, and a request must not match for want of knowing a condition.
///
/// - Parameter message: A struct of protobuf-c's.
/// - Parameter known: The numbers of the fields that the value reads.
func refuseConditions<CMessage>(
    _ message: CMessage, except known: [UInt32]
) throws(XDSError) {
    if let present = firstPresentField(of: message, where: { !known.contains($0) }) {
        throw .unsupported(present.name)
    }
}

/// The first field that is there and that `isWanted` asks for by its number: one of proto/, or one
/// that protobuf-c kept as unknown.
private func firstPresentField<CMessage>(
    of message: CMessage, where isWanted: (UInt32) -> Bool
) -> (number: UInt32, name: String)? {
    withUnsafePointer(to: message) { pointer in
        let message = UnsafeRawPointer(pointer)
        for field in message.fields where field.isSet(in: message) && isWanted(field.id) {
            return (field.id, String(cString: field.name))
        }
        let base = message.load(as: ProtobufCMessage.self)
        guard base.n_unknown_fields > 0, let unknown = base.unknown_fields else { return nil }
        for index in 0..<Int(base.n_unknown_fields) where isWanted(unknown[index].tag) {
            return (unknown[index].tag, "field \(unknown[index].tag)")
        }
        return nil
    }
}
