// The announce stage of a plan. Written by hand: a release announces itself as the last step of its own run, so that it
// can be gone on with where it stopped; the stage is there to be seen, here as in the local runner.

/**
 * Says that the release before it has announced itself.
 *
 * @param options taken like every step's, and not needed
 */
void call(Map options = [:]) {
    echo "codemonkeys: ${options.product ?: 'the product'} was announced with its release"
}
