//! E09xx: `mcpgen.toml`.

super::codes! {
    FILE = "E0901": "a file of options cannot be used",
        "The file cannot be read, is not TOML, or holds a key or a value that is no option. Nothing is guessed: an option \
         that has no effect would hide a mistake.\n\nExample:\n    [tools.get_pet]\n    descripton = \"…\"      # \
         description\n\nThe keys are those of `mcpgen::Options`; the message names the place and the nearest key.";
}
