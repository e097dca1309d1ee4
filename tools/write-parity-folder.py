#!/usr/bin/env python3
"""Writes what Hugging Face transformers computes with a model, for `./sgglab parity OUT` to compare with.

    pip install torch 'transformers>=4.57' safetensors pillow
    python3 tools/write-parity-folder.py MODEL OUT --image photo.jpg [--image other.png] [--new-tokens 32] [--threads 4]

MODEL is a folder of a Qwen2-VL, Qwen2.5-VL or Qwen3-VL model as the hub holds it; any fine-tuned one will do. OUT must not exist.
Everything is computed in float32 on the CPU (a 2B model takes about 10 GB of memory, a 7B model 35 GB), whatever type the weights
are stored in. OUT gets

    inputs/       the images as PNG, and their patches by the Pillow image processor
    tokenizer/    texts and their ids
    MODEL'S NAME/ links to the model's files, and what the model computed: for a text, for an image and for prompts padded on the
                  left: the texts and their ids, the positions, the states after the layers, the logits; the ids of a greedy run

How far two correct implementations differ depends on the weights. So the model runs twice, with the attention of torch and with the
plain one, and golden.json gets ten times the difference as the tolerance, where that is above parity's own.
"""
import argparse
import json
import os
import shutil
import sys
from pathlib import Path

import torch
import transformers
from PIL import Image
from safetensors.torch import save_file
from transformers import AutoModelForImageTextToText, AutoTokenizer

# Files of a model folder that parity knows; others (licences, cards) stay behind.
MODEL_FILES = {
    "config.json", "generation_config.json", "preprocessor_config.json", "processor_config.json", "tokenizer.json", "tokenizer_config.json",
    "chat_template.json", "chat_template.jinja", "vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json", "model.safetensors",
    "model.safetensors.index.json",
}
TEXTS = [
    "Generate a structured scene graph for an image using the following format:",
    '{"objects": [{"id": "person.1", "bbox": [120, 45, 333, 871]}], "relationships": []}',
    "<think>\n\n</think>\n<answer>\n  umbrella.2 \t over  person.1</answer><|im_end|>\n",
    "It's 12345 naïve cafés, don't you'LL see?  ", "一只猫坐在桌子上。", "עברית العربية ไทย 🙂👍🏽 e\u0301 ﬁ", "",
]
LAST = 4  # Tokens whose logits are kept whole.
STEPS = 4  # Steps of the greedy run whose logits are kept.


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    model_folder, out = Path(args.model).resolve(), Path(args.out)
    if not (model_folder / "config.json").is_file():
        sys.exit(f"{model_folder} is no model folder: it has no config.json.")
    if out.exists():
        sys.exit(f"{out} exists already; give a folder to make.")
    target = out / model_folder.name
    (out / "inputs").mkdir(parents=True)
    link_model(model_folder, target)
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    write_tokenizer(model_folder, tokenizer, out / "tokenizer")
    images = write_inputs(model_folder, args.image, out / "inputs")
    model = AutoModelForImageTextToText.from_pretrained(model_folder, dtype=torch.float32, attn_implementation="sdpa").eval()
    reference = Reference(model, tokenizer, images)
    names = list(images)
    prompts = [("Generate a scene graph of the image.", names[0]), ("List objects.", names[-1])]
    cases = {
        "text_only": ([("person.1 riding horse.2?", None)], []),
        "one_image": (prompts[:1], [f"{names[0]}.png"]),
        "left_padded": (prompts, [f"{names[0]}.png", f"{names[-1]}.png"]),
    }
    spread = {"states": 0.0, "logits": 0.0}
    with torch.no_grad():
        for name, (rows, _) in cases.items():
            tensors, differs = reference.forward(rows, layers=name != "left_padded")
            spread = {kind: max(spread[kind], differs[kind]) for kind in spread}
            save(tensors, target / f"forward_{name}.safetensors")
            print(f"{name}: {len(tensors)} tensors, two attentions differ by {differs['logits']:.1e} in a logit", file=sys.stderr)
        tensors, settings = reference.generate(prompts, args.new_tokens, least_gap=20 * spread["logits"])
    save(tensors, target / "generation.safetensors")
    write_json(target / "generation.json", {"settings": {"greedy": settings}})
    write_json(target / "golden.json", {
        "model": model_folder.name,
        "cases": {
            name: {"images": files, "texts": [Reference.rendered(text, pads=0 if image is None else 1) for text, image in rows], "padding_side": "left"}
            for name, (rows, files) in cases.items()
        },
        "tolerance": {kind: 10 * value for kind, value in spread.items()},
        "versions": {"transformers": transformers.__version__, "torch": torch.__version__},
    })
    print(out)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="model folder")
    parser.add_argument("out", help="folder to make")
    parser.add_argument("--image", action="append", required=True, help="an image to show; the first and the last are used")
    parser.add_argument("--new-tokens", type=int, default=32, help="length of the greedy run")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    return parser.parse_args()


def link_model(source, target):
    target.mkdir()
    for file in sorted(source.iterdir()):
        if file.name in MODEL_FILES or file.name.startswith("model-") and file.suffix == ".safetensors":
            (target / file.name).symlink_to(file.resolve())


def write_tokenizer(model_folder, tokenizer, folder):
    folder.mkdir()
    shutil.copyfile(model_folder / "tokenizer.json", folder / "tokenizer.json")
    with open(folder / "encode.jsonl", "w", encoding="utf-8") as lines:
        for text in TEXTS:
            ids = tokenizer(text)["input_ids"]
            plain = {"clean_up_tokenization_spaces": False}
            lines.write(json.dumps({
                "text": text, "ids": ids, "decoded": tokenizer.decode(ids, **plain),
                "decoded_skip_special": tokenizer.decode(ids, skip_special_tokens=True, **plain),
            }) + "\n")


def image_processor(model_folder):
    """The one that scales with Pillow; its name has changed."""
    try:
        from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil as processor
    except ImportError:
        from transformers import Qwen2VLImageProcessor as processor
    return processor.from_pretrained(model_folder)


def write_inputs(model_folder, files, folder):
    """Patches and grid of each image by its name."""
    processor = image_processor(model_folder)
    images, stored = {}, {}
    for file in files:
        name = Path(file).stem
        picture = Image.open(file).convert("RGB")
        picture.save(folder / f"{name}.png")
        patches = processor(images=[picture], return_tensors="pt")
        images[name] = (patches["pixel_values"], patches["image_grid_thw"])
        stored[name], stored[f"{name}_grid_thw"] = images[name]
    save(stored, folder / f"pixels_patch{processor.patch_size}.safetensors")
    return images


class Reference:
    def __init__(self, model, tokenizer, images):
        self.model, self.tokenizer, self.images = model, tokenizer, images
        self.image_id = model.config.image_token_id
        self.merge = model.config.vision_config.spatial_merge_size
        self.padding = tokenizer.pad_token_id
        self.positions = None
        inner = model.model.language_model if hasattr(model.model, "language_model") else model.model
        inner.register_forward_pre_hook(self.keep_positions, with_kwargs=True)

    def keep_positions(self, module, args, kwargs):
        # Some versions put a row of plain positions before those of time, height and width.
        given = kwargs.get("position_ids")
        self.positions = given[-3:] if given is not None and given.dim() == 3 and len(given) >= 3 else None

    def batch(self, rows):
        ids = [self.ids(text, image) for text, image in rows]
        longest = max(map(len, ids))
        inputs = {
            "input_ids": torch.tensor([[self.padding] * (longest - len(row)) + row for row in ids]),
            "attention_mask": torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in ids]),
        }
        shown = [self.images[image] for _, image in rows if image]
        if shown:
            inputs["pixel_values"] = torch.cat([pixels for pixels, _ in shown])
            inputs["image_grid_thw"] = torch.cat([grid for _, grid in shown])
            if int(transformers.__version__.split(".")[0]) >= 5:
                inputs["mm_token_type_ids"] = (inputs["input_ids"] == self.image_id).long()
        return inputs

    def ids(self, text, image):
        pads = 0 if image is None else int(self.images[image][1].prod()) // self.merge**2
        return self.tokenizer(self.rendered(text, pads))["input_ids"]

    @staticmethod
    def rendered(text, pads):
        """The prompt as the chat template gives it. The model reads a pad for each token of the image; parity is given one and has to find how many."""
        shown = "<|vision_start|>" + "<|image_pad|>" * pads + "<|vision_end|>" if pads else ""
        return f"<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n{shown}{text}<|im_end|>\n<|im_start|>assistant\n"

    def forward(self, rows, layers):
        inputs = self.batch(rows)
        with_torch, positions = self.run(inputs, layers, "sdpa"), self.positions
        plain = self.run(inputs, layers, "eager")
        self.model.set_attn_implementation("sdpa")
        real = inputs["attention_mask"]
        differs = {"states": 0.0, "logits": 0.0}
        for name, tensor in with_torch.items():
            mask = real[:, -tensor.shape[1]:].reshape(tensor.shape[0], -1, *[1] * (tensor.dim() - 2))
            kind = "logits" if name.startswith("logits") else "states"
            differs[kind] = max(differs[kind], ((tensor - plain[name]) * mask).abs().max().item())
        kept = {name: tensor for name, tensor in inputs.items() if name not in ("pixel_values", "mm_token_type_ids")}
        if positions is not None:
            kept["position_ids"] = positions * real
        return {**kept, **with_torch}, differs

    def run(self, inputs, layers, attention):
        self.model.set_attn_implementation(attention)
        output = self.model(**inputs, output_hidden_states=True, use_cache=False)
        states, logits = output.hidden_states, output.logits.float()
        kept = {
            "hidden_after_final_norm": states[-1],
            f"logits_last{LAST}": logits[:, -LAST:],
            "logits_logsumexp": logits.logsumexp(-1),
            "logits_max": logits.amax(-1),
        }
        if layers:
            kept["inputs_embeds_merged"] = states[0]
            # Qwen3-VL adds features of the image after its first layers, and shows the states after that.
            if "qwen3" not in self.model.config.model_type:
                kept |= {f"hidden_after_layer_{i}": state for i, state in enumerate(states[1:-1])}
        return {name: tensor.float().contiguous() for name, tensor in kept.items()}

    def generate(self, rows, new_tokens, least_gap):
        """A greedy run, as far as the best token leads by more than rounding could take from it."""
        inputs = self.batch(rows)
        own = self.model.generation_config.eos_token_id
        ends = own if isinstance(own, list) else [own]
        output = self.model.generate(
            **inputs, max_new_tokens=new_tokens, do_sample=False, num_beams=1, repetition_penalty=1.0, temperature=None, top_k=None, top_p=None,
            eos_token_id=ends, pad_token_id=self.padding, output_logits=True, return_dict_in_generate=True)
        ids = output.sequences[:, inputs["input_ids"].shape[1]:]
        sure = 0
        for step, logits in enumerate(output.logits):
            best = logits.float().topk(2).values
            running = torch.tensor([not any(int(id) in ends for id in row[:step]) for row in ids])
            if ((best[:, 0] - best[:, 1])[running] <= least_gap).any():
                break
            sure = step + 1
        if sure == 0:
            sys.exit("The two likeliest first tokens are too near each other to be compared; give another image.")
        tensors = {
            "prompt_input_ids": inputs["input_ids"], "prompt_attention_mask": inputs["attention_mask"], "image_grid_thw": inputs["image_grid_thw"],
            "greedy/new_ids": ids[:, :sure].contiguous(),
            "greedy/logits_first_steps": torch.stack([logits.float() for logits in output.logits[: min(STEPS, sure)]]),
        }
        return tensors, {"max_new_tokens": sure, "do_sample": False, "repetition_penalty": 1.0, "pad_token_id": self.padding, "eos_token_id": ends}


def save(tensors, file):
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, file)


def write_json(file, content):
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
