"""One rule: an action whose argfile is given, and whose tool is the script of a real worker."""

def _impl(ctx):
    outputs = [ctx.actions.declare_file(path) for path in ctx.attr.outs]
    params = ctx.actions.declare_file(ctx.label.name + ".params")
    # A template keeps every byte; `ctx.actions.write` of some versions writes other text than ASCII in another encoding.
    ctx.actions.expand_template(template = ctx.file.template, output = params, substitutions = {})
    ctx.actions.run(
        executable = ctx.executable.tool,
        inputs = ctx.files.srcs + [params],
        outputs = outputs,
        arguments = ["@" + params.path],
        mnemonic = ctx.attr.mnemonic,
        execution_requirements = ctx.attr.requirements,
    )
    return [DefaultInfo(files = depset(outputs))]

request = rule(
    implementation = _impl,
    attrs = {
        "tool": attr.label(allow_single_file = True, executable = True, cfg = "CONFIGURATION"),
        "srcs": attr.label_list(allow_files = True),
        "outs": attr.string_list(),
        "template": attr.label(allow_single_file = True),
        "mnemonic": attr.string(),
        "requirements": attr.string_dict(),
    },
)
