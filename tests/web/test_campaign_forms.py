"""What the page's form asks for: photos by name, tables, and input that is wrong or hostile."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from cyclorama.job_results import JobAd
from cyclorama.web.campaign_downloads import SCENE_NAMES, name_zip, read_numbers
from cyclorama.web.campaign_forms import MAX_ROWS, FormPlan, mark_clear_photos, plan_table
from cyclorama.web.campaign_submission import MAX_EDITED, plan_to_json
from cyclorama.web.form_options import read_ad_arguments
from cyclorama.web.upload_errors import UploadError
from cyclorama.web.uploaded_photos import MAX_PHOTOS, UploadedPhotos, check_picture

PHOTOS = [
    {"uri": "aa", "names": ["bags/Crème.png"]},
    {"uri": "bb", "names": ["bags/shoe.jpg", "old/shoe copy.jpg"]},
    {"uri": "cc", "names": ["hats\\hat.jpg"]},
]


def plan(text: str | bytes, **options) -> FormPlan:
    """Plans a campaign of a table and PHOTOS."""
    data = text.encode() if isinstance(text, str) else text
    form = {"id": str(uuid4()), "photos": PHOTOS, **options}
    return plan_table(form, data, "ads.csv", {})


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("bags/Crème.png", "aa"),
        ("cre\u0300me.PNG", "aa"),
        ("C:\\photos\\hat.jpg", "cc"),
        ("shoe", "bb"),
        ("shoe copy.jpg", "bb"),
        (" hats/hat.jpg ", "cc"),
    ],
)
def test_a_photo_is_found_as_people_write_its_name(name, uri):
    assert UploadedPhotos.from_json(PHOTOS).find_picture(name).image.uri == uri


def test_a_photo_that_is_missing_or_of_several_is_named():
    photos = UploadedPhotos.from_json([*PHOTOS, {"uri": "dd", "names": ["new/shoe.jpg"]}])
    with pytest.raises(ValueError, match=r"^boot\.png is not among the photos"):
        photos.find_picture("boot.png")
    with pytest.raises(ValueError, match="several photos are named shoe"):
        photos.find_picture("shoe.jpg")
    assert photos.find_picture("new/shoe.jpg").image.uri == "dd"


def test_names_lose_folders_and_what_cannot_be_printed():
    names = ["../../etc/<b>pass\nwd\u202e</b>.png", "x" * 300]
    photos = UploadedPhotos.from_json(
        [{"uri": str(at), "names": [each]} for at, each in enumerate(names)]
    ).photos
    # What is left of "<b>..." after the slash is text, which the page shows as such.
    assert [photo.name for photo in photos] == ["b>.png", "x" * 200]


@pytest.mark.parametrize(
    "photos", [None, "aa", ["aa"], [{"uri": "aa"}], [{"uri": "aa", "names": "a.png"}]]
)
def test_photos_in_another_form_are_the_callers_error(photos):
    with pytest.raises(ValueError, match="photos: "):
        UploadedPhotos.from_json(photos)


def test_too_many_photos_are_refused_with_the_limit():
    with pytest.raises(ValueError, match="there are 10,000; a campaign has at most 1,000"):
        UploadedPhotos.from_json([{"uri": "aa", "names": ["a"]}] * 10 * MAX_PHOTOS)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"<svg xmlns='x'/>", b"MZ\x90\0", b"\0" * 16])
def test_a_file_that_is_no_picture_is_refused(data):
    with pytest.raises(UploadError) as refused:
        check_picture(data)
    assert refused.value.status == 415 and "JPEG" in refused.value.message.advice


def test_rows_with_equal_options_are_one_job_and_others_their_own():
    made = plan(
        "photo;scene;headline\ncrème;sand;\nhat.jpg;sand;\nshoe;sand;New\nhat;snow;\n",
        format="jpeg",
    )
    assert [job.lines for job in made.jobs] == [[2, 3], [4], [5]]
    assert [[photo.image.uri for photo in job.photos] for job in made.jobs] == [
        *(["aa", "cc"], ["bb"], ["cc"])
    ]
    assert [job.prompts for job in made.jobs] == [("sand",), ("sand",), ("snow",)]
    assert all(job.arguments["format"] == "jpeg" for job in made.jobs)
    assert made.jobs[1].arguments["headline"] == "New" and not made.unused_photos
    # All share their scenes.
    assert len({job.arguments["seed"] for job in made.jobs}) == 1


def test_cells_precede_the_form_which_fills_what_is_empty():
    made = plan(
        "photo,prompt,size,format\nhat,,64x32,\nshoe,snow,,png\n",
        prompts=["sand", "sea"],
        sizes=[[256, 256]],
        format="webp",
        seed=3,
    )
    first, second = made.jobs
    assert first.prompts == ("sand", "sea") and second.prompts == ("snow",)
    assert (first.arguments["sizes"], first.arguments["format"]) == ([(64, 32)], "webp")
    assert (second.arguments["sizes"], second.arguments["format"]) == ([(256, 256)], "png")
    assert first.arguments["seed"] == 3


def test_a_table_may_leave_the_scenes_to_the_form():
    assert plan("photo\nhat\n", prompts=["sand"]).jobs[0].prompts == ("sand",)
    with pytest.raises(ValueError, match="name the column prompt in the first line"):
        plan("photo\nhat\n")


def test_wrong_rows_are_listed_with_their_lines_and_the_others_are_planned():
    made = plan(
        "photo,prompt,size,quality,shelf\n"
        "hat,sand,,,3\n"
        "boot,sand,,,\n"
        ",sand,,,\n"
        "hat,sand,wide,,\n"
        'hat,"sand,,,\n'
        "hat,snow,,best,\n"
    )
    assert [job.lines for job in made.jobs] == [[2]]
    assert [(each.line, each.text.partition(";")[0]) for each in made.errors] == [
        (3, "boot is not among the photos"),
        (4, "photo is empty"),
        (5, "size wide: write WIDTHxHEIGHT, such as 1024x768"),
        (6, "its quotes do not match"),
        (7, "quality best: write a number"),
    ]
    assert list(made.unused_columns) == ["shelf"] and made.unused_photos == [
        "Crème.png",
        "shoe.jpg",
    ]


def test_files_that_a_table_names_are_those_of_the_campaign_alone(tmp_path):
    (tmp_path / "logo.png").write_bytes(b"secret")
    made = plan(f"photo,prompt,logo,backdrop\nhat,a,{tmp_path}/logo.png,\nhat,b,,/etc/passwd\n")
    assert not made.jobs and [each.line for each in made.errors] == [2, 3]
    assert "passwd is not among the photos" in made.errors[1].text
    own = plan("photo,prompt,logo,backdrop\nhat,a,shoe,#ffffff\n").jobs[0].arguments
    assert own["logo"].image.uri == "bb" and own["backdrop"] == "#ffffff"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("photo,prompt\n" + "hat,sand\n" * (MAX_ROWS + 1), "more than 1,000 rows"),
        ("photo,prompt\n", "no line below its headings"),
        ("", "name the column photo and prompt"),
        (b"\xff\xfe\0", "is no text"),
        (",".join(["photo", "prompt", *["x"] * 100_000]), "line 1: has more than 10,000 char"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(table, words):
    with pytest.raises(ValueError, match=words):
        plan(table)


def test_a_cell_with_a_million_characters_is_an_error_of_its_row():
    made = plan(f'photo,prompt\nhat,"{"x" * 10**6}"\nhat,sand\n')
    assert [job.lines for job in made.jobs] == [[3]]
    assert made.errors[0].text == "a cell is too long"


@pytest.mark.parametrize("id_", [None, "", "spring", "../jobs"])
def test_the_id_of_a_campaign_is_a_uuid(id_):
    with pytest.raises(ValueError, match="id: send a UUID"):
        plan("photo,prompt\nhat,sand\n", id=id_)


def test_chosen_ads_are_named_by_ranges_in_order():
    assert read_numbers("0-2,5,9-9") == {0, 1, 2, 5, 9}
    for wrong in ("", "a", "-1", "1-", "5,2", "0-9,3", "0-999999", "1" * 6):
        with pytest.raises(ValueError, match="ads: "):
            read_numbers(wrong)


def test_a_zip_is_named_after_its_campaign_or_its_only_scene():
    day = date(2026, 5, 4)
    first, second = (
        JobAd(prompt, (64, 64), 1, "", "succeeded", "", "", "")
        for prompt in ("On wet sand", "snow")
    )
    assert name_zip("\u00c9t\u00e9 2", [first], day) == "\u00c9t\u00e9-2_2026-05-04.zip"
    assert name_zip("", [first, first], day) == "on-wet-sand_2026-05-04.zip"
    assert name_zip("", [first, second], day) == name_zip("", [], day) == "campaign_2026-05-04.zip"
    prompt, name = next(iter(SCENE_NAMES.items()))
    assert name_zip("", [replace(first, prompt=prompt)], day) == f"{name.lower()}_2026-05-04.zip"


def test_a_photo_that_is_see_through_is_so_in_every_job_that_has_it():
    clear = [{**each, "clear": each["uri"] == "bb"} for each in PHOTOS]
    form = {"id": str(uuid4()), "photos": clear}
    table = b"photo,scene\nhat,sand\nshoe,sand\nshoe,snow\n"
    first, second = mark_clear_photos(plan_table(form, table, "ads.csv", {}), form).jobs
    (override,) = first.arguments["overrides"]
    assert override["photo"] == "bb" and second.arguments["overrides"] == [override]
    assert override["options"] == {"segmentation": {"product": "transparent product"}}
    only_hat = mark_clear_photos(plan_table(form, b"photo,scene\nhat,sand\n", "a.csv", {}), form)
    assert "overrides" not in only_hat.jobs[0].arguments


def test_an_ad_that_is_edited_shares_the_scene_and_the_cut_out_of_its_campaign():
    shared = read_ad_arguments({"prompt": "sand", "size": [1024, 1024], "cutout_side": 1920})
    assert shared["follow_photo"] == "in_steps"
    assert shared["options"] == {"segmentation": {"max_side": 1920}}
    # A larger size needs a larger cut-out.
    larger = read_ad_arguments({"size": [1024, 2048], "cutout_side": 1920, "clear": True})
    segmentation = {"max_side": 2048, "product": "transparent product"}
    assert larger["options"] == {"segmentation": segmentation}
    assert "follow_photo" not in read_ad_arguments({"size": [1024, 1024]})

    with pytest.raises(ValueError, match="cutout_side: send a whole number"):
        read_ad_arguments({"cutout_side": "1024"})


def test_a_corrected_cut_out_keeps_how_its_photo_shows_the_product():
    view = {"ground_pitch": 12.5, "stance": "STANCE_STANDING"}
    assert read_ad_arguments({"view": view})["options"] == {"segmentation": {"view": view}}
    # Presence counts: of an empty view, nothing is known.
    assert read_ad_arguments({"view": {}})["options"] == {"segmentation": {"view": {}}}
    assert "options" not in read_ad_arguments({})
    for wrong in ("12", [12.5]):
        with pytest.raises(ValueError, match="view"):
            read_ad_arguments({"view": wrong})


def test_words_stay_where_they_were_and_no_words_need_no_place():
    box = {"words_box": [40, 30, 300, 90]}
    kept = read_ad_arguments({"headline": "Hello", **box})["options"]
    placed = {"x": 40, "y": 30, "width": 300, "height": 90}
    assert kept == {"lettering": {"earlier_box": placed}}
    assert "options" not in read_ad_arguments(box)
    for wrong in ([1, 2, 3], "1,2,3,4", [1, 2, 3, 4.5]):
        with pytest.raises(ValueError, match="words_box"):
            read_ad_arguments({"headline": "Hello", "words_box": wrong})


def test_a_row_with_a_scene_of_its_own_has_no_backdrop_of_the_form():
    made = plan("photo,scene\nhat,\nshoe,snow\n", prompts=["beach"], backdrop="#7fb7be")
    on_backdrop, in_snow = made.jobs
    assert on_backdrop.prompts == ("beach",) and on_backdrop.arguments["backdrop"] == "#7fb7be"
    assert in_snow.prompts == ("snow",) and "backdrop" not in in_snow.arguments


def test_the_rows_of_a_table_are_sent_to_be_changed_unless_they_are_many_or_broken():
    made = plan_to_json(plan("photo;scene;price\nhat;sand;3\nshoe;;4\n", prompts=["beach"]))
    assert made["cells"] == [
        {"photo": "hat", "prompt": "sand", "price": "3"},
        {"photo": "shoe", "price": "4"},
    ]
    assert plan_to_json(plan("photo,scene\n" + "hat,sand\n" * (MAX_EDITED + 1)))["cells"] == []
    assert plan_to_json(plan(f'photo,scene\nhat,"{"x" * 10**6}"\nhat,sand\n'))["cells"] == []
