package import GatewayAPI

/// What a store of statuses needs of an object.
package struct JudgedObject: Sendable, Equatable {
    /// The object.
    package var reference: ObjectReference
    /// The generation that was judged; nil where the object has none.
    package var generation: Int?
    /// The status that the object was read with, whoever wrote it.
    package var declared: JSONValue?

    /// An object.
    package init(
        _ reference: ObjectReference, generation: Int? = nil, declared: JSONValue? = nil
    ) {
        self.reference = reference
        self.generation = generation
        self.declared = declared
    }
}

/// What there is to say of an object.
struct Judgement: Sendable {
    var object: JudgedObject
    /// Nil where there is nothing to say.
    var status: ObjectStatus?
    /// The object is there no more.
    var isGone = false
}
