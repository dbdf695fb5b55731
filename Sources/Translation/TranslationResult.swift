package import GatewayAPI

/// What a change of the inputs did.
package struct TranslationResult {
    /// The changed snapshots, by group.
    package var groups: [String: GroupChange] = [:]
    /// The groups that are gone.
    package var removedGroups: Set<String> = []
    /// The objects that were translated again.
    package var translated: Set<ObjectReference> = []
    /// The objects whose status may differ from what it was.
    package var rejudged: Set<ObjectReference> = []
}
