/// A folder of manifests as a source of resources: watched, and told of within milliseconds.
///
/// `.yaml`, `.yml` and `.json` files in the folder and those below it are read. Only files that
/// changed are read again, and only documents that changed are parsed. What a person may do to
/// files is taken in stride: editors that replace them, half-written ones (a file is read when its
/// writer closes it), files with errors (their last good objects stay, and a diagnostic says so),
/// the folder itself away and back again.
///
/// A thread of its own waits for the kernel, reads and decodes, so that no task is blocked. It
/// holds one update at most that is not taken yet; while there is one, changes gather in the
/// kernel's queue, and if that overflows, everything is looked at again.
package struct DirectorySource: Sendable {
    /// Why the source cannot run at all.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        /// What is wrong, and what mends it.
        package var message: String

        /// The message.
        package var description: String { message }
    }

    /// The folder, as given; locations begin with it.
    package let path: String

    /// Makes a source of the manifests below a folder, which need not exist yet.
    package init(path: String) { self.path = path }

    /// Reports the resources of the folder, then every change, until the task is cancelled.
    ///
    /// - Parameter apply: Takes an update; the next one comes after it returned. The first holds
    ///   everything, and comes even when there is nothing.
    /// - Throws: ``Failure`` when the kernel offers no notifications.
    package func run(_ apply: @Sendable (ResourceUpdate) async -> Void) async throws {
        let control = try WatchControl()
        let (updates, continuation) = AsyncThrowingStream.makeStream(
            of: ResourceUpdate.self, bufferingPolicy: .bufferingOldest(1))
        try startThread { [path] in
            do throws(Failure) {
                var watcher = try DirectoryWatcher(
                    root: path, control: control, updates: continuation)
                watcher.run()
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
            control.end()
        }
        try await withTaskCancellationHandler {
            do {
                for try await update in updates {
                    await apply(update)
                    control.send(.proceed)
                }
            } catch {
                await control.waitForEnd()
                throw error
            }
        } onCancel: {
            control.send(.stop)
        }
        await control.waitForEnd()
    }
}
