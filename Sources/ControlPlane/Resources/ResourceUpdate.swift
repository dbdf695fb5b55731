package import GatewayAPI

/// What changed in a source of resources.
package struct ResourceUpdate: Sendable, Equatable {
    /// Objects that are new, or whose content differs.
    package var upserted: [Resource] = []
    /// Objects that are gone.
    package var removed: [ObjectReference] = []
    /// Objects that say the same as before, at another file or line.
    package var relocated: [Resource] = []
    /// All that is wrong in the source now, not only what is new.
    package var diagnostics: [Diagnostic] = []
    /// Whether this is the first update: all that the source holds at its start.
    package var isInitial = false

    /// Makes an update in which nothing changed.
    package init() {}
}
